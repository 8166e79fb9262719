"""Bad files: damaged, foreign and hostile ones are refused, at once and in little memory."""

import io
import pickle
import re
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers import examples
from numpy.lib import format as npy
from saved_files import edit, everything, forge, parts

import nnhelpers as nn
from nnhelpers.files import container
from nnhelpers.files.container import DESCRIPTION

HUGE = 10**9
OLD = Path(__file__).parent / "data" / "training.npz"  # with a SHA-256 at its end


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a file with all that there can be."""
    path = tmp_path_factory.mktemp("good") / "model.npz"
    net = nn.mlp([5, 4, 3], dropout=0.2, batch_norm=True)
    nn.fit(net, examples(40), examples(40), optimizer=nn.Adam(0.01), epochs=2, batch_size=8,
           checkpoint=path, progress=False)  # fmt: skip
    return path.read_bytes()


@pytest.fixture
def file(tmp_path, content):
    (tmp_path / "model.npz").write_bytes(content)
    return tmp_path / "model.npz"


def refused(path, message="", limit=3e6):
    """Whether the file is refused with this message, and in little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(nn.CheckpointError, match=f"^{re.escape(str(path))}: .*{message}"):
            nn.load(path)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < limit, f"{peak:,} bytes for a bad file"


def test_what_forge_writes_is_what_save_writes(file):
    before = everything(file)
    forge(file, parts(file))
    assert everything(file) == before


# ---------------------------------------------------------------- damaged


@pytest.mark.parametrize("old", [False, True])
def test_a_changed_byte_is_noticed_or_changes_nothing(file, content, old):
    """Most are noticed by the CRC; a date in the zip's table of contents, for example, is not."""
    content = OLD.read_bytes() if old else content
    file.write_bytes(content)
    good, rng, noticed = everything(file), np.random.default_rng(old), 0
    places = [0, 3, len(content) - 1, *rng.integers(len(content), size=300)]
    tracemalloc.start()
    for position in places:
        spoiled = bytearray(content)
        spoiled[position] ^= 1 << int(rng.integers(8))
        file.write_bytes(spoiled)
        try:
            assert everything(file) == good
        except nn.CheckpointError:
            noticed += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert noticed > 0.8 * len(places) and peak < 5e6


def test_a_flipped_bit_of_a_weight_is_named(file, content):
    spoiled = bytearray(content)
    spoiled[content.index(b"theta.npy") + 300] ^= 1
    file.write_bytes(spoiled)
    refused(file, "the file was altered: 'theta.npy' cannot be read .*Copy it again")


def test_every_truncation_is_noticed(file, content):
    for whole in (content, OLD.read_bytes()):
        n = len(whole)
        cuts = [0, 1, 4, 30, 43, 44, 45, n - 1, n - 22, n - 64, n - 65]
        for size in [*cuts, *np.random.default_rng(0).integers(n, size=50)]:
            file.write_bytes(whole[:size])
            refused(file, "incomplete|expected a file written by nn.save")
        file.write_bytes(whole + b"\0")
        refused(file, "incomplete")


@pytest.mark.parametrize("content, message", [
    (b"", "got an empty file"),
    (b"\x89PNG\r\n\x1a\n" + bytes(100), r"got a file that starts with b'\\x89PNG"),
    (pickle.dumps({"theta": np.zeros(3)}), "got a file that starts with"),
    (npy.MAGIC_PREFIX + bytes(100), "got a file that starts with"),
    ("Weights: 1, 2, 3".encode("utf-16"), "got a file that starts with"),
])  # fmt: skip
def test_foreign_files(file, content, message):
    file.write_bytes(content)
    refused(file, f"expected a file written by nn.save, {message}")


def test_another_npz(file):
    np.savez(file, theta=np.zeros(3))
    refused(file, "got another zip archive.*nn.from_arrays")


# ---------------------------------------------------------------- hostile: the description


@pytest.mark.parametrize("place, value, message", [
    ("version", 2, "format version 1, got version 2, written by nnhelpers '.*': update the package"),
    ("version", 0, "format version 1, got version 0"),
    ("version", "1", "expected 'version' as int"),
    ("format", "another", "expected the format 'nnhelpers network'"),
    ("dtype", "bfloat16", "float32 or float64, got 'bfloat16'"),
    ("dtype", "float64", "expected theta as float64"),
    ("layers", "Dense", "expected 'layers' as list"),
    ("layers", [], "at least one Dense"),
    ("layers.0", {"class": ["Dense"]}, "expected as layer one of Dense, "),
    ("layers.0.class", "__class__", "expected as layer one of Dense, "),
    ("layers.0.class", "ReLU", r"expected ReLU with \(\)"),
    ("layers.0.shell", "rm", r"expected Dense with \('n_in'"),
    ("layers.0.n_in", True, "another n_in than True"),
    ("layers.0.n_in", 5.0, "another n_in than 5.0"),
    ("layers.0.n_in", 6, r"expected theta as float32 of shape \(51,\).* got float32 of shape \(47,\)"),
    ("layers.0.n_in", -5, "does not fit"),
    ("layers.0.n_in", HUGE, r"expected theta as float32 of shape \(4000000027,\)"),
    ("layers.0.n_in", 10**400, "expected theta as float32 of shape"),
    ("layers.0.n_out", 6, r"layers.1 .* does not fit after 6 units"),
    ("layers.0.init", "zeros", "unknown init 'zeros'"),
    ("layers.0.init", ["he"], "another init"),
    ("layers.1.n", HUGE, "does not fit"),
    ("layers.1.eps", -1, "eps above 0"),
    ("layers.1.decay", "0.9", "another decay than 0.9"),
    ("layers.3.p", 1.5, "Dropout expected p from 0 up to 1"),
    ("layers.1.eps", 10**400, "too large"),
    ("loss", None, "expected 'loss' as dict"),
    ("loss.class", "Dense", "expected as loss one of Softmax"),
    ("loss.smoothing", 1.5, "smoothing from 0 up to 1"),
    ("loss.spice", 1, r"expected SoftmaxCrossEntropy with \('smoothing',\)"),
    ("kept", ["average"], "expected the members"),
    ("kept", ["theta"], r"expected \['average'\] or nothing as what is kept"),
    ("kept", {}, "expected 'kept' as list or nothing"),
    ("optimizer.rule.class", "Nesterov", "expected as optimizer one of SGD"),
    ("optimizer.rule.lr", -1, "learning rate above 0"),
    ("optimizer.t", -1, "no steps and vectors of Adam"),
    ("optimizer.t", 1.5, "expected 't' as int"),
    ("optimizer.vectors", ["m"], "no steps and vectors of Adam"),
    ("optimizer.vectors", [], "expected the members"),
    ("optimizer", None, "expected the members"),
    ("history.lengths.seconds", HUGE, "expected history.seconds as float64"),
    ("history.lengths.seconds", -1, "expected history.seconds as float64"),
    ("history.lengths", None, "expected 'lengths' as dict"),
    ("history.settings", [], "expected 'settings' as dict"),
    ("history", None, "expected the members"),
    ("resume", [], "expected 'resume' as dict or nothing"),
    ("resume.asked", 3, "expected 'asked' as dict"),
    ("history.ended", 3, "expected 'ended' as str or nothing"),
    ("resume", {}, "expected 'asked' as dict"),
    ("optimizer", {}, "expected 'rule' as dict"),
])  # fmt: skip
def test_descriptions_that_lie(file, place, value, message):
    *keys, last = [int(key) if key.isdigit() else key for key in place.split(".")]

    def change(description):
        for key in keys:
            description = description[key]
        description[last] = value

    edit(file, change)
    refused(file, message)


def test_a_batch_norm_that_is_huge_alone(file):
    """Nothing before it says how wide it may be, and its constructor makes arrays."""
    nn.save(nn.Network([nn.BatchNorm(2), nn.Dense(2, 2)], nn.MeanSquaredError()), file)

    def change(description):
        description["layers"][0]["n"] = description["layers"][1]["n_in"] = HUGE

    edit(file, change)
    refused(file, "expected theta as float32 of shape")


@pytest.mark.parametrize("text, message", [
    (b"{", "not readable"), (b"\xff\xfe", "not readable"), (b"[]", "expected the format"),
    (b"[" * 100_000, "not readable"), (b"1" * 10_000, "not readable"), (b"{}", "expected the format"),
    (b" " * (2**20 + 1), "expected at most 1,048,576 bytes"),
])  # fmt: skip
def test_texts_that_are_no_description(file, text, message):
    forge(file, {**parts(file), DESCRIPTION: text})
    refused(file, message, limit=2e7)


# ---------------------------------------------------------------- hostile: the arrays


def as_npy(array, **options):
    file = io.BytesIO()
    npy.write_array(file, array, version=(1, 0), **options)
    return file.getvalue()


def with_header(**changes):
    """The theta of the file with another .npy header; the numbers stay."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (47,), **changes}
    file = io.BytesIO()
    npy.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(47 * 4)


class Evil:
    """Whoever unpickles it calls a function of its choice."""

    def __reduce__(self):
        return pytest.fail, ("something in a file was executed",)


@pytest.mark.parametrize("theta, message", [
    (as_npy(np.array([Evil()] * 47, dtype=object), allow_pickle=True), "got object of shape"),
    (pickle.dumps(Evil()), "'theta.npy' cannot be read"),
    (b"", "'theta.npy' cannot be read"),
    (b"\x93NUMPY\x01\x00\xff\xff{", "'theta.npy' cannot be read"),
    (b"\x93NUMPY\x01\x00\x76\x00" + b"(" * 117 + b"\n", "'theta.npy' cannot be read"),
    (b"\x93NUMPY\x01\x00\x76\x00" + b"__import__('os').system('ls')".ljust(117) + b"\n", "'theta.npy' cannot be read"),
    (with_header(shape=(HUGE, HUGE)), "got float32 of shape"),
    (with_header(shape=(-47,)), "theta"),
    (with_header(shape=(47, 1)), r"got float32 of shape \(47, 1\)"),
    (with_header(descr="<f8"), "got float64"),
    (with_header(descr=">f4"), "got >f4"),
    (with_header(descr="|O"), "got object"),
    (with_header(descr=[("a", "<f4")]), r"got \[\('a', '<f4'\)\]"),
    (with_header() + b"\0", "expected theta with 47 numbers"),
    (with_header()[:-4], "expected theta with 47 numbers"),
])  # fmt: skip
def test_arrays_that_lie(file, theta, message):
    forge(file, {**parts(file), "theta.npy": theta})
    refused(file, message)


# ---------------------------------------------------------------- hostile: the zip


@pytest.mark.parametrize("name", ["../../evil.npy", "C:\\evil.npy", "layers.0.W.npy", "é.npy"])
def test_unexpected_members(file, name):
    members = parts(file)
    forge(file, {**members, name: b""})
    refused(file, "expected the members")
    forge(file, {name if old == "theta.npy" else old: data for old, data in members.items()})
    refused(file, "expected the members")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_missing_twice_or_out_of_order(file):
    members = parts(file)
    for name in members:
        others = {other: data for other, data in members.items() if other != name}
        forge(file, others)
        refused(file)
        forge(file, [*members.items(), (name, members[name])])
        refused(file, "expected the members")
        if name not in (DESCRIPTION, list(members)[-1]):
            forge(file, {**others, name: members[name]})
            refused(file, "expected the members")
    forge(file, {DESCRIPTION: members[DESCRIPTION]})
    refused(file, "expected the members .* got 1")


def test_a_compressed_bomb(file):
    forge(file, {**parts(file), "theta.npy": bytes(10**7)}, zipfile.ZIP_DEFLATED)
    assert file.stat().st_size < 5e4
    refused(file, "expected no compressed member")


def test_a_size_that_the_file_does_not_have(file, content):
    """The table of contents says 4 GB, both compressed and not."""
    lying = bytearray(content)
    entry = lying.rindex(b"PK\x01\x02", 0, lying.rindex(b"theta.npy"))
    lying[entry + 20 : entry + 28] = b"\xf0\xff\xff\xff" * 2
    file.write_bytes(lying)
    refused(file, "more than the file has")


@pytest.mark.parametrize("where", ["22 bytes before the end", "a locator for 64 bits"])
def test_a_million_members(file, content, where, monkeypatch):
    """The table of contents is not even opened: reading a million entries would take a minute."""
    lying = bytearray(content)
    if where == "22 bytes before the end":
        lying[-10:-6] = (46 * 10**6).to_bytes(4, "little")
    else:
        lying[-22:-22] = b"PK\x06\x07" + bytes(16)
    file.write_bytes(lying)
    monkeypatch.setattr(container.zipfile, "ZipFile", None)
    refused(file, "more members than any network has arrays")


def test_a_comment_cannot_hide_another_end(file, content):
    """A zip's reader takes the last end that it finds, within the comment as well."""
    end = content[-22:]
    file.write_bytes(content[:-2] + b"\x40\0" + (end + b"0" * 64)[:64])
    refused(file, "incomplete")

"""The file itself: arrays and a description in a zip, written whole or not at all, read safely.

A file is an ordinary ``.npz``: an uncompressed zip of ``.npy`` arrays that ``np.load`` reads, with
a JSON text as its first member. Zip keeps a CRC-32 of each member, so one changed bit is noticed.
A checksum is no signature, though: a forger can compute a new one. Therefore nothing
in a file is executed, and all sizes are compared before any array is made.
"""

import contextlib
import glob
import json
import math
import os
import re
import secrets
import struct
import time
import zipfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, which removes no file that a process has open
    fcntl = None

import numpy as np
from numpy.lib import format as npy

DESCRIPTION = "nnhelpers.json"  # the first member of the zip
DESCRIPTION_LIMIT = 2**20  # bytes: a thousand layers take a tenth of that
DIRECTORY_LIMIT = 2**21  # bytes of the zip's table of contents, for as many layers as fit above


class CheckpointError(ValueError):
    """A file that is no intact checkpoint, or a network that cannot be written into one."""


# ---------------------------------------------------------------------- writing


def write(path, text, arrays):
    """Write the description ``text`` and the ``arrays``, {name: array}, to ``path``.

    If anything fails, even the electricity, ``path`` holds either what it held before or the new
    content, never a part of it. The same content gives the same bytes on any system.
    """
    check_place(path)
    remove_leftovers(path)
    path = Path(os.path.realpath(path))  # a link stays one
    temporary = None
    try:
        file, temporary = _open_temporary(path)
        with file:
            _write_zip(file, text, arrays)
            file.flush()
            os.fsync(file.fileno())  # on the disk before its name is: else a power cut leaves zeros
            if fcntl is None:
                file.close()  # Windows renames no open file
            rename(temporary, path)  # elsewhere still under the lock
    except OSError as error:
        if error.errno is None:
            raise
        raise type(error)(
            error.errno, f"{error.strerror}: {path.name} cannot be written in {path.parent}"
        ) from error
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)


def _open_temporary(path):
    """Return (file, its path): a new file beside ``path``, locked as long as it is open.

    In the same folder, because a file can be renamed in one step only within a file system.
    """
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        file = open(temporary, "x+b")
        # Between the two lines another process could take it for a leftover: then once more.
        if _lock(file) is not False and temporary.exists():
            return file, temporary
        file.close()
        temporary.unlink(missing_ok=True)


def _lock(file):
    """Return whether this process now has the file's lock, or None where there are no locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (AttributeError, OSError):  # no such module, or a file system without locks
        return None
    return True


def check_place(path):
    """Raise OSError if no file can be at ``path``: its folder is missing, or it is one itself."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"expected the name of a file to write, got the folder {path}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} in")


def remove_leftovers(path):
    """Remove the temporary files that a process left when it was killed while it saved.

    A process that still writes holds its file's lock, which a kill sets free. Where there are no
    locks, a file is left over once nobody has written to it for an hour; on Windows, where an open
    file cannot be removed, for a minute.
    """
    patience = 3600 if fcntl else 60
    path = Path(os.path.realpath(path))
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}.tmp"):
        # Another process may have removed it by now, or it belongs to another user.
        with contextlib.suppress(OSError), open(leftover, "r+b") as file:
            locked = _lock(file)
            if locked is None and time.time() - os.fstat(file.fileno()).st_mtime > patience:
                file.close()
                locked = True
            if locked:
                leftover.unlink()


def _write_zip(file, text, arrays):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(_member(DESCRIPTION), "w") as member:
            member.write(text.encode())
        for name, array in arrays.items():
            large = array.nbytes > 2**30  # from 2 GiB on, a zip needs longer fields for its sizes
            with archive.open(_member(f"{name}.npy"), "w", force_zip64=large) as member:
                npy.write_array(member, array, version=(1, 0), allow_pickle=False)


def _member(name):
    """Return a zip member's head with a fixed date and system."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def rename(old, new):
    """Give the file ``old`` the name ``new``; if that is not allowed, try for 0.75 s.

    On Windows it is not while another process reads the old file: a virus scanner, or ``nn.load``
    in a second notebook.
    """
    for pause in (0.05, 0.1, 0.2, 0.4):
        try:
            return os.replace(old, new)
        except PermissionError:
            time.sleep(pause)
    os.replace(old, new)


# ---------------------------------------------------------------------- reading


def read(path, expected):
    """Return (description, {name: array}) of the file ``path``.

    Parameters
    ----------
    path : str or os.PathLike
    expected : function
        From the description, a dict, to {name: (dtype, shape)} of the arrays that belong to it, in
        order. Called before any array is made.

    Raises
    ------
    CheckpointError
        If the file is of another kind, incomplete, altered, or has other arrays than expected.
    """
    with open(path, "rb") as file:
        _check_ends(file)
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # whatever a crafted table of contents makes the module raise
            raise CheckpointError(f"the zip archive cannot be read: {error}") from error
        with archive:
            members = archive.infolist()
            for info in members:
                if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
                    raise CheckpointError(
                        f"expected no compressed member, got {info.filename!r:.80}"
                    )
            if sum(info.file_size for info in members) > os.fstat(file.fileno()).st_size:
                raise CheckpointError("the sizes of its members add up to more than the file has")
            description = _read_description(archive, members)
            asked = expected(description)
            _check_names([info.filename for info in members], asked)
            infos = dict(zip(asked, members[1:], strict=True))
            for name, (dtype, shape) in asked.items():
                _check_array(archive, infos[name], name, dtype, shape)
            # Only now are arrays made: together they are no larger than the file.
            return description, {name: _read_array(archive, infos[name], dtype, shape)
                                 for name, (dtype, shape) in asked.items()}  # fmt: skip


def _check_ends(file):
    """Raise CheckpointError unless the file begins and ends as ours do.

    A zip ends with a record of 22 bytes, which says how long the table of contents is. Older files
    have a comment of 64 characters after it, a SHA-256, which is no longer compared.
    """
    start = file.read(30 + len(DESCRIPTION))  # a zip member: 30 bytes, then its name
    if not (start.startswith(b"PK\x03\x04") and start.endswith(DESCRIPTION.encode())):
        got = f"a file that starts with {start[:8]!r}" if start else "an empty file"
        if start.startswith(b"PK"):
            got = "another zip archive. From np.savez? Try nn.from_arrays(net, np.load(path))"
        raise CheckpointError(f"expected a file written by nn.save, got {got}")
    size = file.seek(0, os.SEEK_END)
    # 56 bytes with 64-bit sizes and their locator of 20, if there are any, then 22, and 64.
    file.seek(max(0, size - 162))
    found = re.fullmatch(
        rb".*?((?:PK\x06\x06.{52})?PK\x06\x07.{16})?PK\x05\x06.{8}(.{4}).{4}(\0\0|\x40\0[0-9a-f]{64})",
        file.read(), re.DOTALL,
    )  # fmt: skip
    if not found:
        raise CheckpointError(
            f"the file is incomplete: {size:,} bytes are there, its end is missing. Copy it again."
        )
    # Only a file of 4 GiB needs the sizes of 64 bits.
    long, length = found[1], struct.unpack("<L", found[2])[0]
    if long and size >= 2**32 and len(long) > 20:
        long, length = None, struct.unpack("<Q", long[40:48])[0]
    if long or length > DIRECTORY_LIMIT:
        raise CheckpointError("the zip archive has more members than any network has arrays")


def _read_description(archive, members):
    if not members or members[0].filename != DESCRIPTION:
        raise CheckpointError(f"expected {DESCRIPTION} as the first member")
    if members[0].file_size > DESCRIPTION_LIMIT:
        raise CheckpointError(
            f"expected at most {DESCRIPTION_LIMIT:,} bytes in {DESCRIPTION}, got "
            f"{members[0].file_size:,}"
        )
    text = _read_member(archive, members[0])
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{DESCRIPTION} is not readable: {error}") from error


def _read_member(archive, info):
    try:
        return archive.read(info)
    except Exception as error:  # a wrong CRC, and whatever a false name or size makes it raise
        raise _altered(info, error) from error


def _altered(info, error):
    return CheckpointError(
        f"the file was altered: {info.filename!r:.80} cannot be read ({error}). Copy it again, or "
        "take an older checkpoint."
    )


def _check_names(found, asked):
    names = [DESCRIPTION, *(f"{name}.npy" for name in asked)]
    if found != names:
        wrong = sorted(set(found) ^ set(names)) or "one twice, or in another order"
        raise CheckpointError(
            f"expected the members {str(names):.200}, got {len(found)}, and these differ: "
            f"{str(wrong):.200}"
        )


def _check_array(archive, info, name, dtype, shape):
    """Compare a member's head and size with what the description asks for."""
    got_shape = got_dtype = header_size = None
    try:
        with archive.open(info) as member:
            if npy.read_magic(member) == (1, 0):
                got_shape, _, got_dtype = npy.read_array_header_1_0(member)
                header_size = member.tell()
    except Exception as error:  # whatever a crafted header makes the reader raise
        raise _altered(info, error) from error
    if got_shape != shape or got_dtype != dtype:
        raise CheckpointError(
            f"expected {name} as {dtype.name} of shape {shape}, which is what its layers ask for, "
            f"got {got_dtype} of shape {got_shape}"
        )
    if info.file_size != header_size + math.prod(shape) * dtype.itemsize:
        raise CheckpointError(
            f"expected {name} with {math.prod(shape):,} numbers, got {info.file_size:,} bytes"
        )


def _read_array(archive, info, dtype, shape):
    data = _read_member(archive, info)
    start = len(data) - math.prod(shape) * dtype.itemsize
    array = np.frombuffer(data, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))  # a copy: what is on the buffer cannot be written

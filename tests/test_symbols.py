"""Every symbol of the notebooks is in the ledger, explained before it is used, and means one thing."""

import json

import notebook_rules
import pytest

from tools import symbols

# --- The notebooks as they are -------------------------------------------------------------------


@pytest.fixture(scope="module")
def course():
    return symbols.load_notebooks(symbols.NOTEBOOKS)


@pytest.fixture(scope="module")
def ledger():
    return symbols.read_ledger(symbols.LEDGER.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def surveyed(course, ledger):
    return symbols.survey(course, ledger)


def test_the_notebooks_keep_to_the_ledger(course, surveyed):
    assert len(course) >= 12 and sum(map(len, course.values())) > 2000, "formulas were not found"
    complaints, _ = surveyed
    assert not complaints, "\n".join(dict.fromkeys(complaints))


def test_the_ledger_names_code_and_words_that_exist(ledger):
    assert len(ledger.terms) > 50
    assert symbols.faults_of_names(symbols.load_cells(symbols.NOTEBOOKS), ledger) == []


def test_the_index_is_up_to_date(ledger, surveyed):
    wanted = symbols.page(ledger, surveyed[1])
    committed = symbols.PAGE.read_text(encoding="utf-8")
    assert committed == wanted, "stale: run `python -m tools.symbols`"


def test_the_links_of_the_index_lead_somewhere():
    cell = {"cell_type": "markdown", "source": symbols.PAGE.read_text(encoding="utf-8")}
    page = notebook_rules.Notebook("SYMBOLS", {"cells": [cell]}, symbols.NOTEBOOKS)
    assert len(notebook_rules.links(page.markdown[0])) > 200
    assert list(notebook_rules.links_resolve(page)) == []


def test_notebook_00_and_the_readme_link_the_index():
    assert "](SYMBOLS.md)" in (symbols.NOTEBOOKS / "00_start_here.ipynb").read_text("utf-8")
    assert "](notebooks/SYMBOLS.md)" in (symbols.ROOT / "README.md").read_text("utf-8")


# --- Reading formulas ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tex, values, indices, sizes",
    [
        (r"Z^{(l)}_{nj} = \sum_i A^{(l-1)}_{ni} W_{ij} + b_j", "Z A W b", "l n j i", ""),
        (r"\underset{(N,\,n_\text{out})}{Z} = XW", "Z X W", "", r"N n_\text{out}"),
        (r"\theta \in (P,), (n_l, s_{\max}+1)", r"\theta", "l", r"P n_\cdot s_{\max}"),
        (r"dW^{(1)} = A^{(1)\top}dZ", r"dW_ W ^\top A dZ Z", "", ""),
        (r"d\hat X_m, d\mu_j, dD^{\text{up}}", r"\hat X \mu D", "m j", ""),
        (r"\partial J/\partial\theta_p", r"\partial J \theta", "p", ""),
        (r"\hat{\mathbf{Y}} \bar\mu \hat m_t \mathbf 1^{\top}", r"\bar\mu \hat m \mathbf 1", "t", ""),
        (r"\tfrac12 x^n + e^{-z/2} \text{ for all } \beta^{t-s}", r"x n z \beta t s", "", ""),
        (r"\operatorname{Var}[M] = \mathrm{Var}(M)", r"\text{Var} M", "", ""),
        (r"\underbrace{a + c}_{k = i} \max(z, sz) g'(z) w^\star", "a c z s g w", "k i", ""),
        (r"\theta^{\mathsf T}H\theta, X^\top, n_{\text{in}}, J_{\text{data}}", r"^\top H X", "", ""),
        (r"\begin{cases} z & z > 0 \\[2pt] s\,z & \text{else} \end{cases}", "z s", "", ""),
        (r"\varepsilon^{*}, h_{\max}, n_i, g_{n_i}", r"\varepsilon h n g", "n i", ""),
    ],
)  # fmt: skip
def test_reading(tex, values, indices, sizes):
    found = symbols.uses(tex)
    by_role = {"value": set(), "index": set(), "size": set()}
    for use in found:
        by_role[use.role].update(use.names)
    split = values.replace(r"\hat ", r"\hat~").replace(r"\mathbf ", r"\mathbf~").split()
    wanted = {name.replace("~", " ").rstrip("_") for name in split}
    assert wanted <= by_role["value"], by_role
    assert set(indices.split()) <= by_role["index"], by_role
    assert set(sizes.split()) <= by_role["size"], by_role
    assert not {"i", "j", "l"} & by_role["value"], "an index is no quantity here"


def test_a_mark_can_give_another_meaning():
    (use,) = symbols.uses("W'_{ij}")[:1]
    assert use.names == ("W_{ij}'", r"W_\cdot'", "W'", "W_{ij}", r"W_\cdot", "W")


def test_only_maths_is_read_and_headings_are_followed():
    source = "# A\n`$x$` $a$\n```\n$y$\n```\n### C\n$$\nb\n$$\n## B\ncosts \\$5, $c$\n"
    found = symbols.formulas("01_n", [("code", "$z$"), ("markdown", source), ("markdown", "$d$")])
    assert [(f.tex.strip(), f.headings, f.displayed, f.cell) for f in found] == [
        ("a", ("A",), False, 1), ("b", ("A", "C"), True, 1),
        ("c", ("A", "B"), False, 1), ("d", ("A", "B"), False, 2),
    ]  # fmt: skip


def test_a_formula_that_cannot_be_read_is_named():
    with pytest.raises(ValueError, match="'A', .*never closed"):
        symbols.formulas("01_n", [("markdown", "# A\n$x_{i$")])


# --- Each fault, planted -------------------------------------------------------------------------

LEDGER = r"""
elsewhere = ["01_a/Other books"]
[indices]
i = "inputs"
[01_a.Ledger]
'X' = { means = "data" }
'u' = { means = "for here only", holds = "section" }
[02_b.Explained]
'Z' = { means = "sums" }
'(P,)' = { means = "a size" }
"""
FIRST = ["# One", "## Ledger\n$X$ is data, $u$ is $X_i$", "## Other books\n$\\Omega$, $Z$"]
SECOND = ["# Two\n$X$", "## Explained\n$Z$ sums, $(P,)$ is a shape", "## Use\n$Z = X$, unit $i$"]


def complaints(first=FIRST, second=SECOND, ledger=LEDGER):
    books = {"01_a": first, "02_b": second}
    course = {
        name: symbols.formulas(name, [("markdown", source) for source in sources])
        for name, sources in books.items()
    }
    return symbols.survey(course, symbols.read_ledger(ledger))[0]


def test_the_good_course_is_left_alone():
    assert complaints() == []


# what is wrong -> (a word of the complaint, what to change)
FAULTS = {
    "unknown": ("Q has no meaning", dict(second=[*SECOND, "$Q$"])),
    "unknown, displayed": ("Q has no meaning", dict(second=[*SECOND, "$$X = Q$$"])),
    "unknown, as an index": ("Q has no meaning", dict(second=[*SECOND, "$X_Q$"])),
    "unknown, in a shape": ("Q has no meaning", dict(second=[*SECOND, "$(Q, 1)$"])),
    "unknown mark": ("^\\top has no meaning", dict(second=[*SECOND, "$X^\\top$"])),
    "unknown operator": ("\\odot has no meaning", dict(second=[*SECOND, "$X \\odot X$"])),
    "unknown derivative": ("d\\cdot has no meaning", dict(second=[*SECOND, "$dX$"])),
    "a notebook too early": ("it means 'sums' in 02_b", dict(first=[*FIRST, "## More\n$Z$"])),
    "a cell too early": ("used before", dict(second=["# Two\n$Z$", *SECOND[1:]])),
    "outside its section": ("u has no meaning", dict(second=[*SECOND, "$u$"])),
    "an index as a quantity": ("here no index", dict(second=[*SECOND, "## New\nthe best of $i$"])),
    "a size is no quantity": ("P has no meaning", dict(second=[*SECOND, "$P$"])),
    "a second meaning": ("gives X a meaning", dict(second=[*SECOND, "Let $X$ be a wall."])),
    "a second meaning, for": ("gives X a meaning", dict(second=[*SECOND, "Write $X$ for it."])),
    "a second meaning, is only": ("gives X", dict(second=[*SECOND, "$X$ is only a name here"])),
    "two in the ledger": (
        "two meanings here: 'data' (01_a, 'Ledger') and 'other'",
        dict(ledger=LEDGER.replace('"data"', '"data", holds = "section"')
             + "[02_b.Use]\n'X' = { means = 'other', holds = ['01/Ledger', '02'] }")),
    "two that reach equally far": (
        "two meanings here", dict(ledger=LEDGER + "[02_b.Use]\n'Z' = { means = 'other' }")),
    "no such notebook": (
        "no notebook 03_c", dict(ledger=LEDGER + "[03_c.Use]\n'Q' = { means = 'q' }")),
    "no such section": (
        "does not exist", dict(ledger=LEDGER + "[02_b.Nowhere]\n'Q' = { means = 'q' }")),
    "explained where it is not": (
        "does not use it", dict(ledger=LEDGER + "[02_b.Use]\n'Q' = { means = 'q' }")),
    "holds where it is not": (
        "named in `holds`", dict(ledger=LEDGER.replace('"section"', '["02/Use"]'))),
    "displayed only": (
        "displayed formulas only", dict(second=["# T\n", "## Explained\n$$Z$$ $(P,)$", "## Use\n$Z$"])),
    "words that are not there": (
        "has both the symbol and 'a sum'",
        dict(ledger=LEDGER.replace('"sums"', '"sums", called = "a sum"'))),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_found(name):
    word, change = FAULTS[name]
    found = complaints(**change)
    assert any(word in complaint for complaint in found), found


def test_other_books_letters_introduce_nothing():
    ledger = LEDGER.replace('elsewhere = ["01_a/Other books"]', "")
    assert any("Omega has no meaning" in complaint for complaint in complaints(ledger=ledger))


def test_the_narrower_meaning_counts():
    narrow = "[02_b.Use]\n'X' = { means = 'a cross', holds = 'section' }"
    assert complaints(ledger=LEDGER + narrow) == []
    second = [*SECOND, "Let $X$ be a wall."]
    assert complaints(ledger=LEDGER + narrow, second=second) == []
    again = LEDGER.replace('"data"', '"data", again = ["02"]')
    assert complaints(ledger=again, second=second) == []


def test_a_misspelt_entry_is_explained():
    with pytest.raises(ValueError, match="entry Q of 02_b, 'Use' should be like"):
        symbols.read_ledger(LEDGER + "[02_b.Use]\n'Q' = { meaning = 'q' }")


def test_planted_in_the_real_notebooks(course, ledger):
    """Symbols of later notebooks, and one that nobody explains, put into notebook 03."""
    name = "03_activations"
    planted = "## Planted\n$\\hat m$ and $\\gamma_j$, $\\aleph$, and let $J$ be the jury."
    more = symbols.formulas(name, [("markdown", planted)])
    found, _ = symbols.survey({name: course[name] + more}, ledger)
    for word in [r"\hat m has no meaning here; it means", r"\gamma has no meaning here; it means",
                 r"\aleph has no meaning", "gives J a meaning"]:  # fmt: skip
        assert any("'Planted'" in complaint and word in complaint for complaint in found), word


def test_names_that_do_not_exist():
    cells = {"01_a": [("markdown", "An *epoch* is one pass, `lr` a number"), ("code", "theta = 1")]}
    text = "[indices]\n[01_a.A]\n'x' = { means = 'x', code = '%s' }\n[01_a.glossary]\n'%s' = 'y'\n"

    def faults(code, word):
        return symbols.faults_of_names(cells, symbols.read_ledger(text % (code, word)))

    assert faults("lr, theta", "epoch") == []
    assert "no code 'the'" in faults("the", "epoch")[0]
    assert "'pass'" in faults("lr", "pass")[0]


def test_main_refuses_to_write_what_is_wrong(tmp_path, monkeypatch, capsys):
    for name, value in {"ROOT": "", "NOTEBOOKS": "", "PAGE": "S.md", "LEDGER": "l.toml"}.items():
        monkeypatch.setattr(symbols, name, tmp_path / value)
    cells = [{"cell_type": "markdown", "source": ["# A\n", "$x$ is *large*"]}]
    (tmp_path / "01_a.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    ledger = "[indices]\n[01_a.A]\n'x' = { means = 'size', shape = '(N,)' }\n[01_a.glossary]\nlarge = 'L'"
    symbols.LEDGER.write_text(ledger.replace("'x'", "'y'"), encoding="utf-8")
    assert symbols.main() == 1 and not symbols.PAGE.exists()
    assert "$x$: x has no meaning here" in capsys.readouterr().out
    symbols.LEDGER.write_text(ledger, encoding="utf-8")
    assert symbols.main() == 0
    page = symbols.PAGE.read_text(encoding="utf-8")
    assert "| $x$ | size | $(N,)$ |  | [01, A](01_a.ipynb#A) | 01 |" in page
    assert "| large | L | [01](01_a.ipynb) |" in page


def test_ranges_of_notebooks():
    assert symbols.ranges([0, 2, 3, 4, 6, 7, 11]) == "00, 02–04, 06, 07, 11"

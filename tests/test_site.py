"""The API reference: every docstring of the package is markup that Sphinx understands."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.full
def test_the_reference_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx", reason="Sphinx is not installed: lab.py install site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, str(ROOT / "site"), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    core = (tmp_path / "core.html").read_text(encoding="utf-8")
    for name in ("gradient_check", "Adam", "SoftmaxCrossEntropy", "fit", "mlp"):
        assert f"nnhelpers.{name}" in core or f">{name}<" in core, name

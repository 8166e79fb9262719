"""Sphinx: the API reference, written from the docstrings (`make site`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

project = "A neural network from bare linear algebra"
author = "The course's authors"
copyright = "2026, the course's authors"
html_theme = "sphinx_book_theme"
html_title = "nnhelpers"
html_copy_source = False
exclude_patterns = ["build"]

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more: shapes
autodoc_default_options = {"members": True, "show-inheritance": True}
default_role = None
add_module_names = False

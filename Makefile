# Short names for lab.py, which does the work on every system (Windows has no make: python lab.py).
# Pass more with ARGS, and choose a Python with PYTHON:
#     make lab ARGS=--no-browser          make test ARGS="-k gradient"          make lab PYTHON=python3.12

PYTHON ?= python3
ARGS ?=

.PHONY: help lab test notebooks student slides bench install clean

help:       ## this list
	@$(PYTHON) lab.py help

lab:        ## open JupyterLab on the first notebook
	@$(PYTHON) lab.py lab $(ARGS)

test:       ## run the tests, then re-run every notebook and compare
	@$(PYTHON) lab.py test $(ARGS)

notebooks:  ## execute the notebooks afresh and store their outputs
	@$(PYTHON) lab.py notebooks $(ARGS)

student:    ## write a clean set of notebooks for a class, into student/
	@$(PYTHON) lab.py student $(ARGS)

slides:     ## write the notebooks as slides, into slides/
	@$(PYTHON) lab.py slides $(ARGS)

bench:      ## measure speed, side by side with other libraries
	@$(PYTHON) lab.py bench $(ARGS)

install:    ## only install, for example before a lesson without a network
	@$(PYTHON) lab.py install $(ARGS)

clean:      ## remove .venv, slides and caches
	@$(PYTHON) lab.py clean

# Short names for lab.py, which does the work on every system (Windows has no make: python lab.py).
# Pass more with ARGS, and choose a Python with PYTHON:
#     make lab ARGS=--no-browser          make test ARGS="-k gradient"          make lab PYTHON=python3.12

PYTHON ?= python3
ARGS ?=
COMMANDS := lab test notebooks student slides site bench mutants install clean

.PHONY: help $(COMMANDS)

help:  ## the list of commands
	@$(PYTHON) lab.py help

$(COMMANDS):
	@$(PYTHON) lab.py $@ $(ARGS)

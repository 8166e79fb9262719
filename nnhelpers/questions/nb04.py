"""The quick questions of notebook 04."""

from .question import Choice, Number

QUESTIONS = []

"""The quick questions of notebook 00."""

from .question import Choice, Number

QUESTIONS = []

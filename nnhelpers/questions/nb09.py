"""The quick questions of notebook 09."""

from .question import Choice, Number

QUESTIONS = []

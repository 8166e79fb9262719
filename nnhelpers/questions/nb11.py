"""The quick questions of notebook 11."""

from .question import Choice, Number

QUESTIONS = []

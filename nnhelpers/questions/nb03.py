"""The quick questions of notebook 03."""

from .question import Choice, Number

QUESTIONS = []

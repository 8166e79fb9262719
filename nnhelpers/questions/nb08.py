"""The quick questions of notebook 08."""

from .question import Choice, Number

QUESTIONS = []

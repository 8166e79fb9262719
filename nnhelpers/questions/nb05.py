"""The quick questions of notebook 05."""

from .question import Choice, Number

QUESTIONS = []

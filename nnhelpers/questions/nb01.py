"""The quick questions of notebook 01."""

from .question import Choice, Number

QUESTIONS = []

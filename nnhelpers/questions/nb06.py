"""The quick questions of notebook 06."""

from .question import Choice, Number

QUESTIONS = []

"""The quick questions of notebook 10."""

from .question import Choice, Number

QUESTIONS = []

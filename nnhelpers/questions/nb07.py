"""The quick questions of notebook 07."""

from .question import Choice, Number

QUESTIONS = []

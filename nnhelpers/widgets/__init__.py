"""Things to touch: figures with sliders. Python here, ipywidgets below."""

from .panel import Panel, slider

__all__ = ["Panel", "slider"]

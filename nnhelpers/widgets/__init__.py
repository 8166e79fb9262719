"""Things to touch: figures with sliders. Python here, ipywidgets below."""

from .draw_digit import DrawDigit, draw_digit
from .panel import Panel, slider
from .playground import Playground, playground
from .playground_presets import PRESETS
from .train_panel import LiveTraining, train_panel
from .xray import XRay, xray

__all__ = [
    "PRESETS",
    "DrawDigit",
    "Panel",
    "Playground",
    "LiveTraining",
    "XRay",
    "draw_digit",
    "playground",
    "slider",
    "train_panel",
    "xray",
]

"""Every static figure of the course, by what it shows; ``style`` holds what all of them share."""

import logging as _logging
from importlib import import_module as _import

# File -> what it offers here; imported when you ask for something in it.
_FILES = {
    "style": ["ABOVE", "BELOW", "COLORS", "DASHES", "DIVERGING", "MARKERS", "Picture",
              "new_figure", "styled"],
    "history": ["plot_history", "run_name"],
    "images": ["draw_image", "draw_matrix", "draw_numbers", "draw_units", "plot_confusion",
               "show_digits"],
    "networks": ["draw_batch_norm_graph", "draw_chain", "draw_layer", "draw_network",
                 "draw_opinions"],
    "boundaries": ["draw_boundary", "draw_descents", "draw_points", "plot_boundary"],
    "gradients": ["draw_gradient_report", "plot_gradient_report", "plot_gradient_reports"],
    "tuning": ["plot_projections", "plot_tuning", "tuning_importance"],
    "speed": ["draw_roofline", "draw_time_bars"],
    "ladder": ["plot_record"],
}  # fmt: skip
_HOME = {name: file for file, names in _FILES.items() for name in names}
__all__ = sorted(_HOME)


def _in_fewer_words(record):
    """Say once, and in one sentence, what it means that Matplotlib may not write to its folder."""
    told = str(record.msg)
    if told.startswith("mkdir -p failed"):
        return False
    if "MPLCONFIGDIR" in told:
        _logging.getLogger("matplotlib").removeFilter(_in_fewer_words)
        _logging.getLogger("matplotlib").addFilter(lambda one: "MPLCONFIGDIR" not in str(one.msg))
        record.args, record.msg = (
            (),
            (
                "Matplotlib may not write to its folder, so the first figure of each session takes "
                "some seconds longer: set MPLCONFIGDIR to a folder that you may write."
            ),
        )
    return True


_logging.getLogger("matplotlib").addFilter(_in_fewer_words)  # before Matplotlib is imported


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import(f".{_HOME[name]}", __name__), name)


def __dir__():
    return sorted([*globals(), *_HOME])

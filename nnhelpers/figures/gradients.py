"""The errors of a gradient check (notebook 06)."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import given
from .style import Picture, bare, styled

_GREEK = {"gamma": "γ", "beta": "β"}


def draw_gradient_report(figure, report, numbers=True):
    """Draw the errors of a :class:`GradientReport` on an empty figure: layers side by side.

    Each layer is a map of its W, inputs as rows and units as columns, with its b as a strip below,
    and γ and β of the batch normalization that follows it. Nearly white: right, to within the
    report's tolerance. From orange to black: wrong; NaN is black. ``numbers`` adds the smallest and
    the largest error under each map.
    """
    given.has(report, "a report", ("per_parameter", "tolerance"), "nn.gradient_check(net, X, y)")
    given.mapping(report.per_parameter, "report.per_parameter", "{'layers.0.W': errors}")
    for name, errors in report.per_parameter.items():
        given.array(errors, f"the errors of {name}", ("n",), ("n", "m"), finite=False)
    colors = _error_colors(report.tolerance)
    norm = LogNorm(1e-16, 1)
    maps, last = [], None  # of each layer with W: (name, errors as a matrix), what follows included
    for name, errors in report.per_parameter.items():
        layer, parameter = name.rsplit(".", 1)
        if not maps or (layer != last and f"{layer}.W" in report.per_parameter):
            maps.append([])
        last = layer
        # NaN would be left white: it is made the largest error.
        errors = np.nan_to_num(np.atleast_2d(errors), nan=1.0, posinf=1.0)
        maps[-1].append((parameter, errors))
    widths = [parts[0][1].shape[1] for parts in maps]
    axes = figure.subplots(1, len(maps), squeeze=False, width_ratios=widths)[0]
    first = int("W" in dict(maps[0]))  # or 0: batch normalization of the inputs themselves
    for number, (ax, n_out, parts) in enumerate(zip(axes, widths, maps, strict=True), first):
        n_in = max(len(errors) for _, errors in parts)
        gap, strip = 0.04 * n_in, 0.16 * n_in  # between W and b, and the height of b
        names, middles, bottom = [], [], -gap
        for name, errors in parts:
            top = bottom + gap
            bottom = top + (n_in if name == "W" else strip)
            names.append(_GREEK.get(name, name) + str(number))
            middles.append((top + bottom) / 2)
            image = ax.imshow(np.clip(errors, 1e-16, 1), cmap=colors, norm=norm, aspect="auto",
                              interpolation="nearest", extent=(0, n_out, bottom, top))  # fmt: skip
            ax.add_patch(Rectangle((0, bottom), n_out, top - bottom, fill=False, clip_on=False))
        bare(ax)
        ax.set(xlim=(0, n_out), ylim=(bottom, 0))
        if numbers:
            together = np.concatenate([errors.ravel() for _, errors in parts])
            least, largest = _short(together.min()), _short(together.max())
            ax.set(title=f"layer {number}: {n_in} → {n_out}" if number else f"{n_out} inputs",
                   xlabel=f"errors {least} to {largest}")  # fmt: skip
            ax.set_yticks(middles, names)
            ax.tick_params(length=0)
    if numbers:
        ticks = [1e-16, report.tolerance, 1e-4, 1e-2, 1]
        bar = figure.colorbar(image, ax=axes, ticks=ticks, label="relative error", pad=0.02)
        bar.ax.minorticks_off()


def plot_gradient_report(report, alt, size=(9, 3.8)):
    """Draw the errors of one :class:`GradientReport` as a :class:`Picture`."""
    with styled():
        figure = Figure(figsize=size, layout="constrained")
        draw_gradient_report(figure, report)
    return Picture(figure, alt)


def plot_gradient_reports(reports, alt, columns=5, size=(10, 4.2)):
    """Draw many reports as small maps without numbers: ``reports`` goes from title to report."""
    given.mapping(reports, "reports", "{'a title': nn.gradient_check(net, X, y)}")
    given.count(columns, "columns")
    with styled():
        figure = Figure(figsize=size, layout="constrained")
        rows = -(-len(reports) // columns)
        parts = figure.subfigures(rows, columns, wspace=0.06, hspace=0.06, squeeze=False)
        for part, (title, report) in zip(parts.flat, reports.items(), strict=False):
            part.suptitle(str(title), fontsize=12)
            draw_gradient_report(part, report, numbers=False)
    return Picture(figure, alt)


def _error_colors(tolerance):
    """From white to pale up to the tolerance, then from orange to black: darker is always worse."""
    at, rough, bad = (1 + np.log10(error) / 16 for error in (tolerance, 1e-3, 0.05))
    stops = [(0, "#FFFFFF"), (at, "#E3EDF5"), (at, "#FCDDB0"), (rough, "#F5A04C"),
             (bad, "#D2401E"), (1, "#3A0610")]  # fmt: skip
    return LinearSegmentedColormap.from_list("errors", stops, N=512)


def _short(error):
    """0.71, 3e-05, or 0 for what is only rounding: short enough for the line under a small map."""
    return "0" if error < 1e-9 else f"{error:.2f}" if error >= 0.005 else f"{error:.0e}"

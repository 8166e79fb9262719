"""Where the time goes, and how near the machine's limit is (notebook 12)."""

import math

import numpy as np

from . import given
from .style import COLORS, MARKERS, write


def draw_roofline(ax, peak, bandwidth, places=()):
    """Draw the roof min(peak, I * bandwidth) over the intensity I, and what lies under it.

    ``peak`` is in floating-point operations a second, ``bandwidth`` in bytes a second; ``places``
    are (label, intensity, operations a second).
    """
    for name, value in {"peak": peak, "bandwidth": bandwidth}.items():
        if not given.array(value, name, ()) > 0:
            raise ValueError(f"expected {name} above 0, in units a second, got {value!r}")
    for label, *numbers in places:
        if len(numbers) != 2 or not (given.array(numbers, f"{label!r}", (2,)) > 0).all():
            raise ValueError(
                f"expected {label!r} with an intensity and operations a second, both above 0, got "
                f"{numbers!r}"
            )
    intensity = np.geomspace(2**-4, 2**11, 200)
    ax.loglog(intensity, np.minimum(peak, intensity * bandwidth) / 1e9, color="black", lw=2)
    ridge = peak / bandwidth
    ax.axvline(ridge, color="0.6", lw=1, ls=":")
    ax.text(ridge, 0.02, " ridge", transform=ax.get_xaxis_transform(), color="0.35")
    for i, (label, at, rate) in enumerate(places):
        ax.plot(at, rate / 1e9, MARKERS[i % len(MARKERS)], color=COLORS[i % 7], ms=8, ls="none",
                label=label)  # fmt: skip
    rates = [min(peak, bandwidth / 16), peak, *(rate for _, _, rate in places)]
    decades = range(math.floor(math.log10(min(rates) / 1e9)), math.ceil(math.log10(peak / 1e9)) + 1)
    for axis, powers, base in ((ax.xaxis, range(-4, 12, 2), 2.0), (ax.yaxis, decades, 10.0)):
        axis.set_ticks([base**power for power in powers], [f"{base**power:g}" for power in powers])
    ax.minorticks_off()
    ax.set(xlabel="intensity I: operations for each byte moved",
           ylabel="GFLOP in a second")  # fmt: skip
    if places:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def draw_time_bars(ax, rows):
    """Draw one bar for each row of parts: dict of dicts of seconds, as fractions of the bar.

    Parts whose names begin with the same word have one colour. Parts above five percent carry
    their names; the others have only their colour.
    """
    given.mapping(rows, "rows", "{'a step': {'forward': 0.2, 'backward': 0.3}}")
    for row, parts in rows.items():
        given.mapping(parts, f"the parts of {row!r}", "{'forward': 0.2, 'backward': 0.3}")
        seconds = given.array(list(parts.values()), f"the seconds of {row!r}", ("n",))
        if (seconds < 0).any() or not seconds.any():
            raise ValueError(
                f"expected the seconds of {row!r} of at least 0, and some, got {parts}"
            )
    shades = [*COLORS[:2], "0.6", *COLORS[3:7]]
    for place, parts in enumerate(rows.values()):
        whole, left, firsts = sum(parts.values()), 0.0, []
        for part, seconds in parts.items():
            share, first = 100 * seconds / whole, str(part).partition(" ")[0]
            firsts += [first] if first not in firsts else []
            ax.barh(place, share, left=left, height=0.6, edgecolor="white", alpha=0.75,
                    color=shades[firsts.index(first) % len(shades)])  # fmt: skip
            if share > 5:
                text, turned = f"{part}\n{share:.0f}%", 0 if share > 11 else 90
                write(ax, left + share / 2, place, text, fontsize=10, rotation=turned)
            left += share
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(xlim=(0, 100), xlabel="share of the step's time in %")
    ax.invert_yaxis()
    ax.grid(False)

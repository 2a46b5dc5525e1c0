"""How much of the variance each principal component explains."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

COLOUR = "#0072B2"
MARK = "#D55E00"


def draw_explained_variance(
    shares: npt.NDArray[np.floating], marked_share: float, num_marked: int, title: str
) -> Figure:
    """Per component on the left, cumulated with a marked share on the right.

    Args:
        shares: Per component, adding up to 1.
        num_marked: Components that reach `marked_share`.
    """
    figure = Figure(figsize=(9.5, 3.9), layout="constrained")
    figure.suptitle(title, fontsize=11)
    single, cumulated = figure.subplots(1, 2)
    numbers = np.arange(1, len(shares) + 1)
    num_bars = min(20, len(shares))
    single.bar(numbers[:num_bars], 100 * shares[:num_bars], color=COLOUR)
    for number in (1, 2):
        if number <= num_bars:
            single.text(
                number, 100 * shares[number - 1], f"{100 * shares[number - 1]:.1f}", ha="center",
                va="bottom", fontsize=8,
            )  # fmt: skip
    single.set_xlabel("component")
    single.set_ylabel("explained variance (%)")
    single.set_xlim(0.2, num_bars + 0.8)
    single.set_xticks([1, *range(5, num_bars + 1, 5)])
    single.set_title(f"the first {num_bars} components", fontsize=10)
    cumulated.plot(numbers, 100 * np.cumsum(shares), color=COLOUR)
    cumulated.axhline(100 * marked_share, color="0.6", linestyle=":", linewidth=1)
    cumulated.axvline(num_marked, color="0.6", linestyle=":", linewidth=1)
    cumulated.plot([num_marked], [100 * np.cumsum(shares)[num_marked - 1]], "o", color=MARK)
    cumulated.annotate(
        f"{num_marked} components: {100 * marked_share:g}%",
        (num_marked, 100 * marked_share), xytext=(12, -22), textcoords="offset points",
        fontsize=9, color=MARK,
    )  # fmt: skip
    cumulated.set_xlabel("components together")
    cumulated.set_ylabel("explained variance (%)")
    cumulated.set_ylim(0, 103)
    cumulated.set_xlim(0, len(shares))
    cumulated.set_title("cumulated", fontsize=10)
    for axes in (single, cumulated):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure

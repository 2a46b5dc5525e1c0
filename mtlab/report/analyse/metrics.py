"""What a number in summary.json is: its title, its unit, and how it is written."""

import math
from dataclasses import dataclass
from decimal import Decimal

MINUS = "\N{MINUS SIGN}"
FRACTIONS = ("accuracy", "precision", "recall", "f1")
"""Measures that summary.json holds as fractions in [0, 1] and reports show in percent."""
LOWER_IS_BETTER = ("loss", "mae", "mse", "rmse")

TITLES = {
    "parameters.total": "parameters",
    "parameters.trainable": "trainable parameters",
    "flops_per_sample": "operations per image",
    "best_epoch": "best epoch",
    "seconds.total": "total",
    "seconds.train": "training",
    "seconds.evaluate": "evaluation",
    "seconds.test": "testing",
    "seconds.epoch_mean": "mean epoch",
    "samples_per_second": "speed",
    **{f"losses.{split}": f"total loss, {split}" for split in ("train", "val", "test")},
}


@dataclass(frozen=True)
class Metric:
    """A number of a run; `path` is its place in summary.json, such as `test.digit.accuracy`."""

    path: str

    @property
    def is_fraction(self) -> bool:
        return self.path.rpartition(".")[2] in FRACTIONS

    @property
    def is_timing(self) -> bool:
        return self.unit in ("s", "images/s")

    @property
    def lower_is_better(self) -> bool:
        return self.path.rpartition(".")[2] in LOWER_IS_BETTER or self.path.startswith("losses.")

    @property
    def bounds(self) -> tuple[float, float]:
        """What the quantity can be, in the report's unit."""
        if self.is_fraction:
            return 0.0, 100.0
        return (-math.inf, 1.0) if self.path.endswith(".r2") else (0.0, math.inf)

    @property
    def unit(self) -> str:
        """`%`, `s`, `images/s`, or nothing for counts and losses."""
        if self.is_fraction:
            return "%"
        if self.path.startswith("seconds."):
            return "s"
        return "images/s" if self.path == "samples_per_second" else ""

    @property
    def title(self) -> str:
        """Without the unit; `digit.accuracy`, of no split, names none."""
        split, *rest = self.path.removeprefix("last.").split(".")
        if self.path in TITLES or split not in ("train", "val", "test") or not rest:
            return TITLES.get(self.path, self.path.replace(".", " "))
        title = f"{' '.join(rest)}, {split}"
        return f"{title}, last epoch" if self.path.startswith("last.") else title

    @property
    def header(self) -> str:
        """Title and unit, for the head of a column or an axis."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    def in_unit(self, value: float) -> float:
        """The value of summary.json in the unit of the report."""
        return 100 * value if self.is_fraction else value

    def published_in_unit(self, number: float) -> float:
        """A published number in the unit of the report.

        Sources print accuracies in percent, and summary.json holds fractions; a preset may give
        either. A number above 1 cannot be a fraction and is percent already.
        """
        return 100 * number if self.is_fraction and number <= 1 else number

    def text(self, value: float, decimals: int | None = None) -> str:
        """A value in the report's unit: two decimals for percent, three digits for seconds, or as
        many decimals as are given; below 0, to tens and hundreds.
        """
        if decimals is not None:
            text = f"{round(value, decimals):,.{max(0, decimals)}f}"
        elif self.is_fraction:
            text = f"{value:.2f}"
        elif self.unit:
            text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
        else:
            text = f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
        return text.replace("-", MINUS, 1) if text.startswith("-") else text

    def published_text(self, number: float) -> str:
        """A published number in the report's unit with the digits that were published; accuracies
        with two decimals at least, as all others of their column.
        """
        return self.text(number, max(2 * self.is_fraction, _num_decimals(number)))

    def decimals_beside(self, number: float, value: float) -> int | None:
        """How many decimals a measured value has beside a published number, both in the report's
        unit: as many as that one, and of seconds not less than three digits. None for counts.
        """
        published = _num_decimals(number)
        if self.is_fraction:
            return max(2, published)
        if self.unit:
            return max(published, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2)
        return published or None

    def delta_text(self, delta: float, decimals: int | None = None) -> str:
        """A difference in the report's unit, always with its sign."""
        written = self.text(abs(delta), decimals)
        is_zero = not any(digit in "123456789" for digit in written)
        sign = "±" if is_zero else "+" if delta > 0 else MINUS
        return f"{sign}{written}"


def decimals_of_spread(spread: float) -> int:
    """How many decimals show two digits of a spread above 0, and so what is known of its mean."""
    return 1 - int(f"{spread:.1e}".partition("e")[2])


def _num_decimals(number: float) -> int:
    """Digits behind the point; what a fraction becomes in percent has noise in its last places."""
    exponent = Decimal(f"{number:.10g}").as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0

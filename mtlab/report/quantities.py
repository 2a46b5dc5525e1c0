"""What a number in summary.json is: its title, its unit, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass

FRACTIONS = ("accuracy", "precision", "recall", "f1")
"""Measures that summary.json holds as fractions in [0, 1] and reports show in percent."""

TITLES = {
    "parameters.total": "parameters",
    "parameters.trainable": "trainable parameters",
    "flops_per_sample": "operations per image",
    "epochs": "epochs",
    "best_epoch": "best epoch",
    "seconds.total": "total",
    "seconds.train": "training",
    "seconds.evaluate": "evaluation",
    "seconds.epoch_mean": "mean epoch",
    "samples_per_second": "speed",
}


@dataclass(frozen=True)
class Quantity:
    """A number of a run.

    Attributes:
        path: Where it stands in summary.json, keys joined by dots: `test.digit.accuracy`.
    """

    path: str

    @property
    def is_fraction(self) -> bool:
        return self.path.rpartition(".")[2] in FRACTIONS

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
        """Without the unit; figures of the test split do not name it."""
        if self.path in TITLES:
            return TITLES[self.path]
        parts = self.path.split(".")
        last_weights = parts[0] == "last"
        parts = parts[1:] if last_weights else parts
        split, rest = parts[0], " ".join(parts[1:])
        if split not in ("train", "val", "test") or not rest:
            return self.path
        title = rest if split == "test" else f"{rest}, {split}"
        return f"{title}, last epoch" if last_weights else title

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

    def text(self, value: float | None) -> str:
        """A value of summary.json as the report writes it; empty for None."""
        return "" if value is None else self.text_in_unit(self.in_unit(value))

    def text_in_unit(self, value: float) -> str:
        """A value in the report's unit: two decimals for percent, three digits for seconds."""
        if self.is_fraction:
            return f"{value:.2f}"
        if self.unit:
            return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"

    def delta_text(self, delta: float) -> str:
        """A difference in the report's unit, always with its sign."""
        written = self.text_in_unit(abs(delta))
        is_zero = not any(digit in "123456789" for digit in written)
        sign = "±" if is_zero else "+" if delta > 0 else "\N{MINUS SIGN}"
        return f"{sign}{written}"

"""A chart whose parts say, as SVG in a page, which runs and values they stand for."""

import io
import re
from collections.abc import Iterable, Sequence
from html import escape

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.figure import Figure

MARK = "mark-"


class ChartFigure(Figure):
    """A figure whose artists carry attributes, which become `data-...` of their SVG elements."""

    def __init__(self, width_inches: float, height_inches: float) -> None:
        super().__init__(figsize=(width_inches, height_inches), layout="constrained")
        self.marks: list[dict[str, str]] = []

    def lay_out(self) -> None:
        """Once and for all: saving would do it anew, twice for every format."""
        engine = self.get_layout_engine()
        if engine is not None:
            engine.execute(self)
        self.set_layout_engine(None)

    def mark(self, artists: Iterable[Artist | None], **attributes: object) -> None:
        """Give artists the same attributes; sequences become words, and empty ones are left out."""
        texts = {name: _as_text(value) for name, value in attributes.items()}
        for artist in artists:
            if artist is not None:
                artist.set_gid(f"{MARK}{len(self.marks)}")
                self.marks.append({name: text for name, text in texts.items() if text})


def _as_text(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(map(str, value))
    return str(value)


def as_svg(figure: ChartFigure, salt: str) -> str:
    """The figure as an `<svg>` element. Text stays text, and numbers have the digits that are seen.

    Args:
        salt: Told apart from other figures, so that several in one page share no identifiers.
    """
    file = io.StringIO()
    # A fixed salt and no date: the same runs give the same bytes.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "path.simplify": False}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"(?<= )(d|x|y)=\"([^\"]*)\"", _shortened_numbers, text)
    # Of the fonts that would do, a viewer needs to know one.
    text = re.sub(r"font-family: [^;\"]*", "font-family: 'DejaVu Sans', sans-serif", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    text = text.replace("; stroke-linecap: square", "")
    text = re.sub(rf'id="{MARK}(\d+)"', lambda found: _attributes(figure, int(found[1])), text)
    text = re.sub(r' id="[A-Za-z.\d]+_\d+"', "", text)
    return re.sub(r"\n\s*", "\n", text)


def _shortened_numbers(attribute: re.Match[str]) -> str:
    """Hundredths of a point are more than anybody sees."""
    name, numbers = attribute.groups()
    numbers = re.sub(r"\d+\.\d+", lambda found: f"{round(float(found[0]), 2):.7g}", numbers)
    compact = re.sub(r"\s*([A-Za-z])\s*", r"\1", numbers)
    return f'{name}="{compact.strip()}"'


def _attributes(figure: ChartFigure, number: int) -> str:
    return " ".join(f'data-{name}="{escape(text)}"' for name, text in figure.marks[number].items())

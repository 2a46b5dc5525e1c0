"""The layers of a network as a table of texts, from the list in summary.json."""

from collections.abc import Mapping, Sequence
from typing import Any

TITLES = ("layer", "kind", "output", "parameters", "operations", "part")
ARE_NUMBERS = (False, False, True, True, True, False)
FROZEN = ", frozen"


def layer_rows(layers: Sequence[Mapping[str, Any]], image_shape: Sequence[int]) -> list[list[str]]:
    """Columns as in `TITLES`, a row per layer behind that of the image.

    Args:
        layers: `layers` of summary.json, values of `mtlab.models.counting.LayerSize` each.
    """
    rows = [["input", "image", in_pixels(image_shape), "", "", ""]]
    for layer in layers:
        part = "shared" if layer["task"] is None else f"head {layer['task']}"
        part += FROZEN if layer["trainable"] < layer["parameters"] else ""
        counts = (layer[name] for name in ("parameters", "operations"))
        sizes = (f"{count:,}" if count else "" for count in counts)
        rows.append([layer["name"], layer["kind"], in_pixels(layer["shape"]), *sizes, part])
    return rows


def total_rows(layers: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The sums below: of all layers, of what is trained, and of each part."""
    parts: dict[str, list[Mapping[str, Any]]] = {"total": list(layers)}
    for layer in layers:
        part = "shared" if layer["task"] is None else f"head {layer['task']}"
        parts.setdefault(part, []).append(layer)
    rows = []
    for part, members in parts.items():
        counts = (sum(one[name] for one in members) for name in ("parameters", "operations"))
        rows.append([part, "", "", *(f"{count:,}" for count in counts), ""])
    trained = sum(layer["trainable"] for layer in layers)
    rows.insert(1, ["trainable", "", "", f"{trained:,}", "", ""])
    return rows if len(parts) > 2 else rows[:2]


def in_pixels(shape: Sequence[int]) -> str:
    """`32x14x14`: channels, height and width; or the number of features."""
    return "x".join(map(str, shape))

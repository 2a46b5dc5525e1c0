"""The rows of a study's table: named settings that change several keys together.

A grid of Hydra's sweeper is a product of lists. The points of a published table are not one:
filters, kernel sizes and strides change together. So an experiment lists them under `rows`, once,
and a sweep goes over the names:

    rows:
      192-96: {model.filters: [192, 96], model.kernel_size: [3, 4], published: {...}}

A row's settings are overrides like those of the command line, which stand in front of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from mtlab.config.command_line import override_key
from mtlab.errors import ConfigError

PUBLISHED = "published"
PUBLISHED_ENSEMBLE = "published_ensemble"
TRAINING = "trainer."

Compose = Callable[[list[str]], DictConfig]


@dataclass(frozen=True)
class Row:
    """A row of an experiment's table.

    Attributes:
        settings: A group or a dotted key to its value.
        published: A dotted path in summary.json to a number, or to one number per type of device.
    """

    name: str
    settings: dict[str, Any]
    published: dict[str, Any]

    def describes(self, composed: DictConfig) -> bool:
        """Whether a configuration has every setting of the row."""
        return all(_has(composed, key, value) for key, value in self.settings.items())

    def as_overrides(self) -> list[str]:
        """Its settings as they would be typed."""
        return [_override(key, value) for key, value in self.settings.items()]


def row_names(*, _root_: DictConfig) -> str:
    """`${row_names:}`: every row of the experiment, as a sweep over `row` wants them."""
    return ",".join(_rows(_root_))


def with_row(composed: DictConfig, overrides: Sequence[str], compose: Compose) -> DictConfig:
    """Put the settings of the row that `row` names between the experiment and the command line.

    Args:
        overrides: Those of the command line, which win.
        compose: Composes a configuration from overrides.

    Raises:
        ConfigError: No row has this name.
    """
    settings = row_overrides(composed, overrides)
    return compose([*settings, *overrides]) if settings else composed


def row_overrides(composed: DictConfig, overrides: Sequence[str]) -> list[str]:
    """The settings of the row that `row` names as overrides, less what the command line sets.

    Raises:
        ConfigError: No row has this name.
    """
    row = _named_row(composed)
    settings = {} if row is None else _without_typed(row.settings, overrides)
    return [_override(key, value) for key, value in settings.items()]


def find_row(composed: DictConfig) -> Row | None:
    """The row that `row` names, else the first whose settings the run has; None without any."""
    named = _named_row(composed)
    if named is not None:
        return named
    rows = _rows(composed).values()
    return next((row for row in rows if row.settings and row.describes(composed)), None)


def published_figures(composed: DictConfig, device_type: str) -> dict[str, float] | None:
    """What is published for a run: the experiment's figures, and those of its row.

    A row's figures count as long as no override has changed the row's own settings, but for those
    of its training: a shorter run stands against what the longer one came to.

    Args:
        device_type: `cpu` or `cuda`, for figures that are given for each.

    Raises:
        ConfigError: A figure that is no number.
    """
    found = _plain(composed, PUBLISHED)
    row = find_row(composed)
    if row is not None and all(
        _has(composed, key, value)
        for key, value in row.settings.items()
        if not key.startswith(TRAINING)
    ):
        found |= row.published
    return _for_device(found, PUBLISHED, device_type)


def ensemble_figures(composed: DictConfig, device_type: str) -> dict[str, float] | None:
    """What is published for an ensemble of runs with this configuration.

    Args, raises: See `published_figures`.
    """
    return _for_device(_plain(composed, PUBLISHED_ENSEMBLE), PUBLISHED_ENSEMBLE, device_type)


def _for_device(found: Mapping[str, object], key: str, device_type: str) -> dict[str, float] | None:
    figures: dict[str, float] = {}
    for path, value in found.items():
        figure = value.get(device_type) if isinstance(value, dict) else value
        if figure is None:
            continue
        if not isinstance(figure, int | float) or isinstance(figure, bool):
            raise ConfigError(
                f"{key}.{path}",
                rule="must be a number, or {cpu: NUMBER, cuda: NUMBER}",
                found=value,
                remedy="mend the experiment's file",
            )
        figures[path] = figure
    return figures or None


def _rows(composed: DictConfig) -> dict[str, Row]:
    rows = {}
    for name, settings in _plain(composed, "rows").items():
        if not isinstance(settings, dict) or not isinstance(settings.get(PUBLISHED, {}), dict):
            raise ConfigError(
                f"rows.{name}",
                rule="must map keys to values",
                found=settings,
                remedy="for example {model.widths: [100], published: {}}",
            )
        values = {str(key): value for key, value in settings.items() if key != PUBLISHED}
        rows[name] = Row(name, values, settings.get(PUBLISHED, {}))
    return rows


def _plain(composed: DictConfig, key: str) -> dict[str, Any]:
    """A mapping of the configuration as plain values; empty where it is left out."""
    values = OmegaConf.to_container(composed.get(key) or OmegaConf.create({}), resolve=True)
    if not isinstance(values, dict):
        raise ConfigError(
            key, rule="must map names to values", found=values, remedy=f"for example {key}: {{}}"
        )
    return {str(name): value for name, value in values.items()}


def _named_row(composed: DictConfig) -> Row | None:
    name = composed.get("row")
    if name is None:
        return None
    rows = _rows(composed)
    if not rows:
        raise ConfigError(
            "row",
            rule="picks a row of an experiment's table, and none is chosen that has one",
            found=name,
            remedy="add one, for example experiment=mlp_grid, or leave it out",
        )
    if str(name) not in rows:
        raise ConfigError(
            "row", rule=f"must be one of {', '.join(rows)}", found=name, remedy="choose one of them"
        )
    return rows[str(name)]


def _has(composed: DictConfig, key: str, value: object) -> bool:
    found = OmegaConf.select(composed, key)
    if isinstance(found, DictConfig) and isinstance(value, str):
        return bool(found.get("name") == value)  # a group's option
    plain = OmegaConf.to_container(found) if OmegaConf.is_config(found) else found
    return bool(plain == value)


def _without_typed(settings: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Leave out what the command line sets itself, and all of a group that it chooses itself."""
    typed = {override_key(override) for override in overrides}
    return {
        key: value
        for key, value in settings.items()
        if not any(key == name or key.startswith(f"{name}.") for name in typed)
    }


def _override(key: str, value: object) -> str:
    if "." in key:
        # `++`: weights of tasks may be new keys. A misspelt key is found by the schema.
        return f"++{key}={literal(value)}"
    return f"{key}={value if isinstance(value, str) else literal(value)}"


def literal(value: object) -> str:
    """A value in the grammar of Hydra's overrides."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{','.join(literal(entry) for entry in value)}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{literal(entry)}" for key, entry in value.items()) + "}"
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"

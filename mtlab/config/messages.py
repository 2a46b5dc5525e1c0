"""Hydra's and OmegaConf's errors, and the operating system's, in one line with a remedy."""

import errno
import re
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import (
    HydraException,
    MissingConfigException,
    OverrideParseException,
    SearchPathException,
)
from omegaconf import OmegaConf
from omegaconf.errors import ConfigKeyError, ConfigTypeError, OmegaConfBaseException
from yaml import YAMLError

from mtlab.config.arguments import GROUPS, find_override, override_key, own_groups
from mtlab.config.base import NO_VALUE
from mtlab.config.compose import conf_folder
from mtlab.config.meant_key import meant_key
from mtlab.dotted import belongs, look_up
from mtlab.errors import ConfigError, MtlabError, did_you_mean


def explain(  # noqa: PLR0911 - a case for each kind of error
    error: Exception, config_name: str, words: Sequence[str]
) -> MtlabError | None:
    """A mistake of the user's with its remedy; None for anything else, which is ours.

    Args:
        config_name: The primary config of the command.
        words: Overrides and flags as they were typed.
    """
    overrides = [word for word in words if "=" in word and not word.startswith("-")]
    match error:
        case ConfigError():
            return _in_view_of_words(error, overrides, words)
        case MtlabError():
            return error
        case MissingConfigException():
            return _unknown_file(error, config_name)
        case OverrideParseException():
            return _unreadable_override(error)
        case SearchPathException():
            rule, remedy = _in_one_line(error), "name a folder that exists"
            return ConfigError("--config-dir", rule=rule, remedy=remedy)
        case HydraException() | OmegaConfBaseException():
            return (
                (None if {"-m", "--multirun"} & set(words) else _several_values(overrides))
                or _unknown_key(error, config_name, own_groups(words), overrides)
                or _wrong_shape(error, overrides)
                or ConfigError("configuration", rule=_in_one_line(error))
            )
        case UnicodeDecodeError():
            subject, remedy = "a YAML file must be UTF-8", "save it as UTF-8"
            return ConfigError(subject, rule=_in_one_line(error), remedy=remedy)
        case YAMLError():
            subject, remedy = "a YAML file cannot be read", "mend its syntax"
            return ConfigError(subject, rule=_in_one_line(error), remedy=remedy)
        case OSError() if error.errno == errno.ENOSPC or error.filename is not None:
            return _refused_by_system(error)
    return None


def _in_view_of_words(
    error: ConfigError, overrides: Sequence[str], words: Sequence[str]
) -> ConfigError:
    """A mistake in the configuration, which does not know whether it was typed or stands in a file:
    what is typed can be left out.
    """
    key = error.subject
    group, _, name = key.rpartition(".")
    if error.found == NO_VALUE:
        deleted = (word for word in words if word.startswith("~"))
        for word in deleted:
            if belongs(key, [override_key(word)]):
                return ConfigError(key, rule=error.rule, found=word, remedy="leave it out")
    if group in GROUPS and name in ("name", "source") and find_override(overrides, key):
        remedy = f"leave it out; another file of the group is chosen by {group}=OPTION"
        return ConfigError(key, rule=error.rule, found=error.found, remedy=remedy)
    return error


def _refused_by_system(error: OSError) -> MtlabError:
    """The operating system's answer, with what helps against it."""
    folder = Path(str(error.filename)).parent
    match error:
        case _ if error.errno == errno.ENOSPC:
            remedy = "free some space, and run again"
        case FileNotFoundError() if not folder.exists():
            remedy = f"create the folder {folder}, or name one that exists"
        case FileNotFoundError():
            remedy = "name a file that exists"
        case IsADirectoryError():
            remedy = "name a file, not a folder"
        case _:
            remedy = "name another folder or check its permissions"
    return MtlabError(str(error.filename or "output"), rule=str(error.strerror), remedy=remedy)


def _unknown_file(error: MissingConfigException, config_name: str) -> ConfigError:
    """A file that its group does not have.

    Hydra lists the options, but not for several at once (`tracker=[...]`), and names the file
    whose defaults list leads nowhere in its message alone.
    """
    group, _, option = (error.missing_cfg_file or "").rpartition("/")
    listed_in = re.match(r"In '([^']+)'", _in_one_line(error))
    place = listed_in.group(1) if listed_in else ""
    if not error.options and not place and not group:
        return ConfigError(
            "--config-name",
            rule="must name a command's own file, and each command knows its own",
            found=error.missing_cfg_file,
            remedy="leave it out; --config-dir FOLDER adds files of your own to the groups",
        )
    if not error.options and place != config_name:
        return ConfigError(
            f"{place}.yaml",
            rule="must name files that exist, such as `override /model: cnn`, in its defaults list",
            found=error.missing_cfg_file,
            remedy="correct the name there; mtlab --help lists groups and files",
        )
    files = (conf_folder() / group).glob("*.yaml")
    options = list(error.options or sorted(file.stem for file in files))
    return ConfigError(
        group,
        rule=f"must be one of {', '.join(options)}",
        found=option,
        remedy=did_you_mean(option, options, f"choose one, as in {group}={options[0]}"),
    )


def _several_values(overrides: Sequence[str]) -> ConfigError | None:
    """Several values for one key, which only a sweep takes."""
    try:
        parsed = OverridesParser.create().parse_overrides(list(overrides))
    except OverrideParseException:
        return None  # then it is not what Hydra complains of
    for override in parsed:
        if override.is_sweep_override():
            key, values = override.key_or_group, override.get_value_string()
            remedy = f"write '{key}=[{values}]' for a list, or add -m to sweep over them"
            if key in GROUPS:
                remedy = f"add -m to sweep over them: mtlab -m {key}={values}"
            return ConfigError(key, rule="must be one value", found=values, remedy=remedy)
    return None


def _unreadable_override(error: OverrideParseException) -> ConfigError:
    reason = _in_one_line(error).partition(" See ")[0]
    return ConfigError(
        "override",
        rule=f"must be readable as KEY=VALUE ({reason})",
        found=error.override,
        remedy="close every bracket, and put brackets, spaces and commas within '...'",
    )


def _unknown_key(
    error: Exception, config_name: str, own: Sequence[str], overrides: Sequence[str]
) -> ConfigError | None:
    """Name the keys that are there, by composing once more without the overrides of single keys.

    Args:
        own: The folder of groups of one's own, as an override.
    """
    cause = error.__cause__
    key = str(cause.full_key or "") if isinstance(cause, OmegaConfBaseException) else ""
    parent, _, name = key.rpartition(".")
    chosen = [override for override in overrides if _is_group(override) and key not in override]
    for groups in product(*map(_each_option, chosen)):
        composed = _composed(config_name, [*own, *groups]) or _composed(config_name, [])
        below = look_up(composed, parent) if parent else composed
        known = [str(one) for one in below] if isinstance(below, Mapping) else []
        if key and known and name not in known:
            break
    else:
        return None
    if not parent and config_name == "train":
        known += [group for group in GROUPS if group not in known]
    where = f"{parent} has" if parent else "there are"
    return ConfigError(
        key,
        rule=f"must be a key that exists; {where} {', '.join(known)}",
        found=name,
        remedy=meant_key(key, find_override(overrides, key), composed),
    )


def _wrong_shape(error: Exception, overrides: Sequence[str]) -> ConfigError | None:
    """A mapping where the YAML file has a list or other keys, or a list in place of a mapping."""
    if isinstance(error.__cause__, ConfigTypeError | ConfigKeyError):
        for override in overrides:
            key, _, value = override.lstrip("+~").partition("=")
            if key in str(error):
                return ConfigError(
                    key,
                    rule="must keep the form that it has in its YAML file: a list, or these keys",
                    found=value,
                    remedy=f"see --cfg job, or add keys by ++{key}",
                )
    return None


def _is_group(override: str) -> bool:
    """Whether an override may choose a file of a group, judging by its key alone."""
    key, _, value = override.partition("=")
    return "." not in key and re.fullmatch(r"[\w-]+(,[\w-]+)*", value) is not None


def _each_option(override: str) -> list[str]:
    """`model=cnn,mlp` of a sweep as `model=cnn` and `model=mlp`."""
    key, _, values = override.partition("=")
    return [f"{key}={value}" for value in values.split(",")]


def _composed(config_name: str, groups: Sequence[str]) -> dict[str, object]:
    """The configuration with these files, nested; empty where it cannot be composed."""
    try:
        with initialize_config_dir(str(conf_folder()), version_base="1.3"):
            composed = compose(config_name, overrides=list(groups))
    except (HydraException, OmegaConfBaseException):
        return {}
    values = OmegaConf.to_container(composed)
    return {str(key): value for key, value in values.items()} if isinstance(values, dict) else {}


def _in_one_line(error: BaseException) -> str:
    text = str(error)
    if isinstance(error.__cause__, OmegaConfBaseException):
        text += f" {error.__cause__}"
    return " ".join(text.split())

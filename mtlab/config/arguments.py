"""What was typed as Hydra takes it: flags first, keys that may be new, texts without quotes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mtlab.dotted import belongs
from mtlab.errors import MtlabError, did_you_mean

# Imported before a command is chosen, so nothing heavy is imported here.

# Keys below these may be new: every dataset has tasks of its own, and users add some.
OPEN_KEYS = ("mtl.weights", "mtl.probabilities", "dataset.tasks", "model.heads")
# Their values hold signs that mean something else to Hydra, as the = in the folders of a sweep.
VERBATIM_KEYS = (
    *("keep", "run", "runs", "input", "output", "figure", "model.init_from"),
    *("dataset.path", "dataset.root", "hydra.run.dir", "hydra.sweep.dir"),
)
GROUPS = (
    *("dataset", "model", "mtl", "optimizer", "scheduler", "augmentation", "device", "trainer"),
    *("tracker", "experiment"),
)

# Hydra's flags, see mtlab --hydra-help.
SHOWS = {"-c", "--cfg"}
COMPLETION = {"-sc", "--shell-completion"}
FLAGS_ALONE = ("-m", "--multirun", "-r", "--run", "-h", "--help", "--hydra-help", "--resolve")
FLAGS_WITH_VALUE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(SHOWS, ("job", "hydra", "all")),
    **dict.fromkeys(
        ("-i", "--info"),
        ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath"),
    ),
    **dict.fromkeys(("-p", "--package", "-cn", "--config-name", "-cd", "--config-dir"), ()),
}
"""The values that each takes; empty for any."""
EXCLUSIVE_FLAGS = {*FLAGS_ALONE[:4], "-i", "--info", *SHOWS, *COMPLETION}
# Hydra would fail without --cfg, or run as if the flag were not there.
ONLY_WITH_CFG = {"--resolve", "-p", "--package"}
REFUSED_FLAGS = {
    "--experimental-rerun": "see mtlab rerun FOLDER, which repeats a run",
    "--config-path": "see --config-dir FOLDER, which adds groups of your own",
    "-cp": "see --config-dir FOLDER, which adds groups of your own",
}

# In Python, keys that a run is seldom without; `lambda` alone would be a keyword.
SHORT_NAMES = {
    "epochs": "trainer.epochs",
    "batch_size": "trainer.batch_size",
    "lr": "optimizer.lr",
    "limit": "dataset.limit",
    "classes": "dataset.classes",
    "lambda_": "mtl.lambda",
    "folder": "hydra.run.dir",
}

_SEE_HELP = "see mtlab --help"


def without_quotes(words: Iterable[str]) -> list[str]:
    """Words without the single quotes that Windows' cmd.exe, unlike other shells, passes on.

    It also ends a word at a blank between them: such words are put together again.

    Raises:
        MtlabError: A quote that is not closed.
    """
    whole: list[str] = []
    rest = iter(words)
    for word in rest:
        while word.startswith("'") and (len(word) == 1 or not word.endswith("'")):
            following = next(rest, None)
            if following is None:
                raise MtlabError(
                    "quotes",
                    rule="a word that begins with ' must end with it",
                    found=word,
                    remedy='close it, or use "..." as Windows\' cmd.exe wants it',
                )
            word = f"{word} {following}"  # noqa: PLW2901 - it grows
        whole.append(word[1:-1] if word.startswith("'") else word)
    return whole


def arrange(arguments: list[str], commands: Iterable[str] = ()) -> list[str]:
    """Hydra's arguments, its flags first: it takes no overrides on both sides of a flag.

    Args:
        commands: Words that ought to have stood in front.

    Raises:
        MtlabError: A word that is neither an override nor a flag, or flags that do not go together.
    """
    flags: list[str] = []
    overrides: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument.startswith("-"):
            flags += _flag(argument, rest)
        elif argument.find("=") > 0 or argument.startswith("~"):
            _check_names_an_option(argument)
            overrides.append(_open_key(argument))
        else:
            meant = [name for name in commands if name.split()[0] == argument]
            raise MtlabError(
                "override",
                rule="must have the form KEY=VALUE or GROUP=OPTION",
                found=argument,
                remedy=f"put the command first: mtlab {meant[0]} ..." if meant else _SEE_HELP,
            )
    _check_together(flags, overrides)
    return flags + overrides


def _flag(argument: str, rest: Iterator[str]) -> list[str]:
    """A flag, with its value `--flag=value` or `--flag value` as a word of its own."""
    flag, has_value, value = argument.partition("=")
    if flag in (*FLAGS_ALONE, *COMPLETION):
        return [argument]
    if flag not in FLAGS_WITH_VALUE:
        known = (*FLAGS_ALONE, *sorted(COMPLETION), *FLAGS_WITH_VALUE)
        remedy = REFUSED_FLAGS.get(flag) or did_you_mean(flag, known, _SEE_HELP)
        raise MtlabError("flag", rule="must be one that exists", found=argument, remedy=remedy)
    value = value if has_value else next(rest, "")
    choices = FLAGS_WITH_VALUE[flag]
    if not value or (choices and value not in choices):
        raise MtlabError(
            flag,
            rule=f"must be followed by {', '.join(choices) or 'a value'}",
            found=value or "nothing",
            remedy=f"for example {flag} {choices[0] if choices else 'VALUE'}",
        )
    return [flag, value]


def _check_together(flags: Sequence[str], overrides: Sequence[str]) -> None:
    """Refuse flags that Hydra would fail on or pass over."""
    modes = [flag for flag in flags if flag.partition("=")[0] in EXCLUSIVE_FLAGS]
    if len(modes) > 1:
        raise MtlabError(
            "flags",
            rule="only one of running, sweeping and showing at a time",
            found=" ".join(modes),
            remedy=f"leave out all but one, as in {modes[-1]}",
        )
    for flag in flags:
        if flag in ONLY_WITH_CFG and not SHOWS & set(flags):
            raise MtlabError(
                flag,
                rule="says how --cfg shows the configuration",
                found="no --cfg",
                remedy="add --cfg job, or leave it out",
            )
    actions = {"install", "uninstall", "query"}
    if COMPLETION & set(flags) and not actions & {override_key(one) for one in overrides}:
        raise MtlabError(
            "--shell-completion",
            rule="must be followed by install=SHELL",
            found=" ".join(overrides) or "nothing",
            remedy='for example eval "$(mtlab -sc install=bash)"',
        )


def own_groups(words: Sequence[str]) -> list[str]:
    """The folder of --config-dir as an override, as Hydra's compose wants it; empty without one."""
    pairs = (
        word.split("=", 1) if "=" in word else [word, *words[at + 1 : at + 2]]
        for at, word in enumerate(words)
    )
    folders = [rest[0] for flag, *rest in pairs if flag in ("-cd", "--config-dir") and rest]
    return [f"hydra.searchpath=['file://{Path(folder).resolve()}']" for folder in folders[:1]]


def _check_names_an_option(argument: str) -> None:
    """`GROUP=VALUE`, or one of several in a sweep, with a value that Hydra reads as no name."""
    group, _, values = argument.partition("=")
    words = values.strip("[]").split(",")
    no_names = (word for word in words if re.fullmatch(r"null|true|false|[-+\d.]+", word, re.I))
    if group in GROUPS and (found := next(no_names, None)):
        raise MtlabError(
            group,
            rule="must name a file of the group",
            found=found,
            remedy="leave it out to keep the default, or see mtlab --help for the options",
        )


def _open_key(argument: str) -> str:
    """Let a key that is not in the YAML yet be set where names are the user's own, and
    paths and expressions stand there without the quotes that Hydra wants.
    """
    is_open = belongs(argument.partition("=")[0], OPEN_KEYS)
    return f"++{argument}" if is_open else quote_verbatim(argument)


def quote_verbatim(override: str) -> str:
    """`run=a=b` as Hydra reads it, `run="a=b"`; any other override as it is."""
    key, _, value = override.partition("=")
    is_plain = value not in ("", "null") and value[0] not in "[\"'" and "${" not in value
    # A comma separates the values of a sweep.
    if key not in VERBATIM_KEYS or not is_plain or "," in value:
        return override
    # Backslashes, as in C:\data\, stand for themselves unless a quote follows.
    escaped = re.sub(r'(\\*)("|$)', lambda at: at[1] * 2 + ('\\"' if at[2] else ""), value)
    return f'{key}="{escaped}"'


def as_typed(override: str) -> str:
    """`quote_verbatim` undone, to show a command as it was typed."""
    key, _, value = override.partition("=")
    if key not in VERBATIM_KEYS or len(value) < 2 or not value[0] == value[-1] == '"':
        return override
    inner = re.sub(
        r'((?:\\\\)*)(\\"|$)', lambda at: at[1][::2] + ('"' if at[2] else ""), value[1:-1]
    )
    plain = f"{key}={inner}"
    # Quotes that were typed because they are needed stay.
    return plain if quote_verbatim(plain) == override else override


def override_key(override: str) -> str:
    """The key or group that an override sets, dotted."""
    return override.lstrip("+~").partition("=")[0].partition("@")[0].replace("/", ".")


def find_override(overrides: Sequence[str], key: str) -> str | None:
    """The first override of a key, a group, or anything below it; None where there is none."""
    return next((one for one in overrides if belongs(override_key(one), [key])), None)


def as_override(name: str, value: object, *, is_sweep: bool = False) -> str:
    """A keyword argument as it would be typed.

    Args:
        value: A text stands as it is.
        is_sweep: A list holds the values to sweep over.
    """
    key = SHORT_NAMES.get(name, name)
    if is_sweep and name == "folder":
        key = "hydra.sweep.dir"
    plain = _plain(value)
    values = plain if is_sweep and isinstance(plain, list) else [plain]
    return f"{key}={','.join(one if isinstance(one, str) else literal(one) for one in values)}"


def _plain(value: object) -> object:
    """numpy's numbers and arrays, paths and tuples as YAML would have them."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple | range):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def literal(value: object) -> str:  # noqa: PLR0911 - a case for each type
    """A value in the grammar of Hydra's overrides; words without quotes where they need none."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case list():
            return f"[{','.join(literal(entry) for entry in value)}]"
        case dict():
            return "{" + ",".join(f"{key}:{literal(entry)}" for key, entry in value.items()) + "}"
    text = str(value)
    is_plain = re.fullmatch(r"[A-Za-z][\w/-]*( [\w/-]+)*", text, re.ASCII) is not None
    if is_plain and text.lower() not in ("null", "true", "false", "nan", "inf"):
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

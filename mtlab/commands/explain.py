"""`mtlab explain`: what a key or a group is for, its values, and its default in each file."""

import re
import shlex
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from mtlab.config.arguments import GROUPS
from mtlab.config.key_help import (
    TOP,
    ConfFile,
    KeyUse,
    all_uses,
    command_files,
    group_files,
    usual_options,
    value_in_words,
)
from mtlab.config.words import WordsParser
from mtlab.errors import MtlabError

DESCRIPTION = """\
What a configuration key is for, what values it takes, and its default in each file that has it; of
a group the files and keys that it has. Without a key, the groups.
"""
EXAMPLES = """\
examples:
  mtlab explain
  mtlab explain model
  mtlab explain model.strides trainer.epochs
  mtlab explain model=vgg                   what a file says of itself
"""
MOST_COLUMNS = 100
LONGEST_DEFAULT = 32
"""Beside the files that have it; a longer one has lines of its own."""
COLUMN_GAP, PROGRAM = "  ", "mtlab "
"""Between the columns of a table in a comment, and where a command begins."""
CHOOSING = ("name", "source")
"""Keys that say which of its group a file is."""
COMMON = "Says which of the group it is; a file of your own keeps that of the one that it is like."

Uses = Mapping[str, Sequence[KeyUse]]


def explain(words: list[str]) -> int:
    """Print what each word stands for; returns the exit code.

    Raises:
        MtlabError: There is no such key or group.
    """
    parser = WordsParser("explain", DESCRIPTION, EXAMPLES)
    parser.add_argument("keys", nargs="*", metavar="KEY", help="as in model.strides, or a group")
    asked = parser.parse_args(words).keys
    uses = all_uses()
    parts = [_everything(uses)] if not asked else [_of_word(word, uses) for word in asked]
    print("\n\n".join("\n".join(part) for part in parts))
    return 0


def _of_word(word: str, uses: Uses) -> Iterator[str]:
    group, _, option = word.replace("=", ".", 1).partition(".")
    files = {file.option: file for file in group_files(group)} if group in GROUPS else {}
    if option in files and (word not in uses or "=" in word):
        return _file(f"{group}={option}", files[option], uses)
    key = _known_part(word.partition("=")[0], uses)
    if key in uses:
        return _key(key, uses[key])
    if files and not option:
        return _group(group, list(files.values()), uses)
    for file in command_files():
        if file.option.replace("_", " ") == word:
            return _file(_place(file), file, uses)
    raise _unknown(word, uses)


def _known_part(key: str, uses: Uses) -> str:
    """The key itself, or the one above it whose names are the user's own."""
    return next((one for one in (key, *_parents(key)) if one in uses), key)


def _parents(key: str) -> Iterator[str]:
    while "." in key:
        key = key.rpartition(".")[0]
        yield key


def _unknown(word: str, uses: Uses) -> MtlabError:
    name = word.rpartition(".")[2]
    last = {key: key.rpartition(".")[2] for key in uses}
    same = [key for key in uses if last[key] == name]
    near = same if word == name else []
    near = near or get_close_matches(word, [*uses, *GROUPS], n=1, cutoff=0.8) or same
    alike = get_close_matches(name, set(last.values()), n=1)
    near = near or [key for key in uses if last[key] in alike]
    return MtlabError(
        "explain",
        rule="must be followed by keys or groups that exist",
        found=word,
        remedy=f"did you mean {' or '.join(near[:3])}?" if near else "see mtlab explain",
    )


def _key(key: str, uses: Sequence[KeyUse]) -> Iterator[str]:
    words, example = next(filter(any, (value_in_words(key, use) for use in uses)), ("", ""))
    yield f"{key}: {words.replace(' to another value', ' to groups of keys')}" if words else key
    comments: dict[str, list[KeyUse]] = {}
    for use in uses:
        comments.setdefault(use.comment, []).append(use)
    if key.rpartition(".")[2] in CHOOSING:
        comments = {COMMON: []}
    told = [comment for comment in comments if comment]
    for comment in told:
        files = ", ".join(_place(use.file) for use in comments[comment]) if len(told) > 1 else ""
        yield from _indented(f"{comment} ({files})" if files else comment, 2)
    yield from ("", *_defaults(uses))
    shown = [use.default for use in uses if use.default not in ("null", "{}", "[]")]
    value = next((one for one in shown if len(one) <= LONGEST_DEFAULT), example)
    if value and not value.endswith(": }"):
        yield from ("", f"  as in  {_command(uses, f'{key}={value}')}")


def _defaults(uses: Sequence[KeyUse]) -> Iterator[str]:
    places: dict[str, list[str]] = {}
    for use in uses:
        places.setdefault(use.default, []).append(_place(use.file))
    width = max(len(one) for one in ("default", *places) if len(one) <= LONGEST_DEFAULT)
    yield f"  {'default':{width}}  in"
    for default, files in places.items():
        first, *rest = textwrap.wrap(", ".join(files), _columns() - width - 4)
        if len(default) > LONGEST_DEFAULT:
            yield from _indented(default, 2)
            yield f"  {'':{width}}  {first}"
        else:
            yield f"  {default:{width}}  {first}"
        yield from (f"  {'':{width}}  {line}" for line in rest)


def _command(uses: Sequence[KeyUse], override: str) -> str:
    """What to type, with the group's file where the default one does not have the key."""
    first = uses[0].file
    group = first.name.rpartition("/")[0]
    words = ["mtlab"]
    if not group:
        words += [] if first.name == TOP else first.name.split("_")
    elif group == "visualize":
        words += ["visualize", "run=FOLDER", f"what={first.option}"]
    elif group == "tracker":
        words.append(f"tracker=[{first.option}]")
    elif usual_options()[group] not in [use.file.option for use in uses]:
        words.append(f"{group}={first.option}")
    return shlex.join([*words, override])


def _place(file: ConfFile) -> str:
    """The command, or the choice of a file, that brings the file in."""
    group, _, option = file.name.rpartition("/")
    if not group:
        return "mtlab" if option == TOP else f"mtlab {option.replace('_', ' ')}"
    return f"what={option}" if group == "visualize" else f"{group}={option}"


def _file(name: str, file: ConfFile, uses: Uses) -> Iterator[str]:
    yield name
    yield from _indented(file.header, 2)
    own = {key: [use for use in found if use.file == file] for key, found in uses.items()}
    keys = {key: found for key, found in own.items() if found}
    if keys:
        yield from ("", *_listed(keys))


def _group(group: str, files: Sequence[ConfFile], uses: Uses) -> Iterator[str]:
    yield f"{group}: one of these files, as in {group}={files[0].option}"
    width = max(len(file.option) for file in files)
    for file in files:
        yield from _entry(file.option, width, _first_sentence(file.header))
    keys = {key: found for key, found in uses.items() if key.startswith(f"{group}.")}
    if keys:
        yield ""
        yield from _listed(keys)


def _listed(uses: Uses) -> Iterator[str]:
    """A line or two for each key, with the beginning of its comment."""
    shown = {key: found for key, found in uses.items() if key.rpartition(".")[2] not in CHOOSING}
    width = max(map(len, shown), default=0)
    for key, found in shown.items():
        comment = next((use.comment for use in found if use.comment), "")
        yield from _entry(key, width, _first_sentence(comment))


def _everything(uses: Uses) -> Iterator[str]:
    told = "Groups, each a choice of files; mtlab explain GROUP lists them and their keys:"
    yield from textwrap.wrap(told, _columns())
    width = max(map(len, GROUPS))
    for group in GROUPS:
        yield from _entry(group, width, ", ".join(file.option for file in group_files(group)))
    yield ""
    yield "Keys of a run in no group:"
    yield from _listed({key: found for key, found in uses.items() if found[0].file.name == TOP})
    yield ""
    yield "Keys of other commands:"
    others: dict[str, list[str]] = {}
    for key, found in uses.items():
        for use in found:
            if use.file.name.partition("/")[0] not in (*GROUPS, TOP):
                others.setdefault(_place(use.file), []).append(key)
    width = max(map(len, others))
    for place, keys in others.items():
        yield from _entry(place, width, ", ".join(keys))


def _entry(name: str, width: int, text: str) -> Iterator[str]:
    first, *rest = textwrap.wrap(text, max(_columns() - width - 4, 20)) or [""]
    yield f"  {name:{width}}  {first}".rstrip()
    yield from (f"  {'':{width}}  {line}" for line in rest)


def _first_sentence(comment: str) -> str:
    text = " ".join(comment.partition("\n\n")[0].split())
    return re.split(r"\.? *$|\.(?= [A-Z`])|; ", text)[0]


def _indented(text: str, depth: int) -> Iterator[str]:
    """Sentences are wrapped anew, those of a table in their column; commands are left whole."""
    kept: list[str] = []
    columns: list[int] = []
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        table = re.match(rf" *\S.*?{COLUMN_GAP} *", line)
        goes_on = kept and kept[-1] and line and indent == columns[-1] and table is None
        if goes_on and not line.lstrip().startswith(PROGRAM):
            kept[-1] += f" {line.strip()}"
        else:
            kept.append(line)
            columns.append(table.end() if table else indent)
    for line, column in zip(kept, columns, strict=True):
        further = " " * (depth + column)
        if line.lstrip().startswith(PROGRAM):
            yield " " * depth + line
        else:
            whole = " " * depth + line
            yield from textwrap.wrap(whole, _columns(), subsequent_indent=further) or [""]


def _columns() -> int:
    return min(shutil.get_terminal_size().columns, MOST_COLUMNS)

"""A small language to choose runs by what their summary says; nothing is ever run as Python.

    val.b.accuracy >= 0.06
    status == completed and not (seed == 43 or val.c.mae > 0.2)

A comparison has a dotted path in summary.json on its left and a number or a word on its right, with
one of == != < <= > >=. Comparisons are joined by `not`, `and`, `or` (binding in this order) and
parentheses. A run that does not have the figure does not match the comparison; a figure that no run
has is a mistake.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtlab.artifacts.reading import look_up
from mtlab.errors import ConfigError

Value = float | str
Summary = Mapping[str, Any]

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
MIRRORED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<"}
TOKEN = re.compile(r"\s*(?:(==|!=|<=|>=|<|>|\(|\))|'([^']*)'|\"([^\"]*)\"|([\w.+-]+))")


def figure_paths(summary: Summary) -> list[str]:
    """The dotted path of everything in a summary that is no mapping and no list."""
    paths = []
    for key, value in summary.items():
        if isinstance(value, Mapping):
            paths += [f"{key}.{path}" for path in figure_paths(value)]
        elif not isinstance(value, list):
            paths.append(str(key))
    return paths


def _is_test(path: str) -> bool:
    return "test" in path.split(".")


def check_paths(term: Term, summaries: Sequence[Summary], key: str = "keep") -> None:
    """Raise ConfigError where an expression asks for what none of the summaries has.

    Figures of the test split are refused too: choices are made on validation.

    Args:
        key: The configuration key it comes from, for messages.
    """
    known = list(
        dict.fromkeys(
            path for summary in summaries for path in figure_paths(summary) if not _is_test(path)
        )
    )
    for path in term.paths():
        if _is_test(path):
            raise ConfigError(
                key,
                rule="must not compare test figures: whoever chooses by them has no unseen images"
                " left to measure on",
                found=path,
                remedy=f"compare {path.replace('test', 'val', 1)}",
            )
        if path not in known:
            listed = ["seed", "row", *(one for one in known if one.startswith("val."))]
            near = difflib.get_close_matches(path, known, n=1)
            raise ConfigError(
                key,
                rule=f"must compare figures that the runs have, such as {', '.join(listed)}",
                found=path,
                remedy=f"did you mean {near[0]}?"
                if near
                else "see a run's summary.json for all of them",
            )


@dataclass(frozen=True)
class Comparison:
    """`path operator value`."""

    path: str
    sign: str
    value: Value

    def holds(self, summary: Summary) -> bool:
        found = look_up(summary, self.path)
        if isinstance(found, bool):
            found = str(found).lower()
        if isinstance(found, int | float) and isinstance(self.value, float):
            return COMPARISONS[self.sign](float(found), self.value)
        if isinstance(found, str) and isinstance(self.value, str) and self.sign in ("==", "!="):
            return COMPARISONS[self.sign](found, self.value)
        return False

    def paths(self) -> list[str]:
        return [self.path]


@dataclass(frozen=True)
class Not:
    """The opposite."""

    term: Term

    def holds(self, summary: Summary) -> bool:
        return not self.term.holds(summary)

    def paths(self) -> list[str]:
        return self.term.paths()


@dataclass(frozen=True)
class Joined:
    """All of the terms (`and`), or at least one (`or`)."""

    word: str
    terms: tuple[Term, ...]

    def holds(self, summary: Summary) -> bool:
        results = [term.holds(summary) for term in self.terms]
        return all(results) if self.word == "and" else any(results)

    def paths(self) -> list[str]:
        return list(dict.fromkeys(path for term in self.terms for path in term.paths()))


Term = Comparison | Not | Joined


def parse_filter(expression: str, key: str = "keep") -> Term:
    """Read an expression.

    Args:
        key: The configuration key it comes from, for messages.

    Raises:
        ConfigError: Anything that is not an expression of this language.
    """
    parser = _Parser(_tokens(expression, key), expression, key)
    term = parser.joined("or")
    parser.expect_end()
    return term


@dataclass(frozen=True)
class _Token:
    text: str
    is_quoted: bool = False


def _tokens(expression: str, key: str) -> list[_Token]:
    tokens = []
    position = 0
    while expression[position:].strip():
        match = TOKEN.match(expression, position)
        if match is None:
            raise _mistake(key, expression, f"{expression[position:].strip()!r}")
        sign, single, double, word = match.groups()
        quoted = single if single is not None else double
        tokens.append(_Token(quoted, True) if quoted is not None else _Token(sign or word))
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent, one method per level of the grammar."""

    def __init__(self, tokens: Sequence[_Token], expression: str, key: str) -> None:
        self._tokens = list(tokens)
        self._expression = expression
        self._key = key

    def joined(self, word: str) -> Term:
        """Terms with `or` between them, each of terms with `and` between them."""
        terms = [self._part(word)]
        while self._next_is(word):
            self._take()
            terms.append(self._part(word))
        return terms[0] if len(terms) == 1 else Joined(word, tuple(terms))

    def _part(self, word: str) -> Term:
        return self.joined("and") if word == "or" else self._negation()

    def _negation(self) -> Term:
        if self._next_is("not"):
            self._take()
            return Not(self._negation())
        if self._next_is("("):
            self._take()
            term = self.joined("or")
            if self._take().text != ")":
                raise self._wrong("a parenthesis that is never closed")
            return term
        return self._comparison()

    def _comparison(self) -> Comparison:
        path = self._take()
        sign = self._take()
        value = self._take()
        if sign.text not in COMPARISONS or sign.is_quoted:
            raise self._wrong(f"{sign.text!r} behind {path.text}")
        for operand in (path, value):
            if not operand.is_quoted and (operand.text in COMPARISONS or operand.text in "()"):
                raise self._wrong(f"{operand.text!r} in place of a figure or a value")
        if not path.is_quoted and isinstance(_value(path), float):
            turned = f"{value.text}{MIRRORED.get(sign.text, sign.text)}{path.text}"
            raise self._wrong(
                f"{path.text} left of {sign.text}",
                f"put the figure on the left, for example {self._key}='{turned}'",
            )
        return Comparison(path.text, sign.text, _value(value))

    def expect_end(self) -> None:
        if self._tokens:
            raise self._wrong(f"{self._tokens[0].text!r} behind a complete expression")

    def _next_is(self, text: str) -> bool:
        return bool(self._tokens) and self._tokens[0] == _Token(text)

    def _take(self) -> _Token:
        if not self._tokens:
            raise self._wrong("its end where more should follow")
        return self._tokens.pop(0)

    def _wrong(self, found: str, remedy: str = "") -> ConfigError:
        return _mistake(self._key, self._expression, found, remedy)


def _value(token: _Token) -> Value:
    if not token.is_quoted:
        try:
            return float(token.text)
        except ValueError:
            return token.text
    return token.text


def _mistake(key: str, expression: str, found: str, remedy: str = "") -> ConfigError:
    return ConfigError(
        key,
        rule="must compare figures of summary.json (== != < <= > >=), joined by and, or, not, ( )",
        found=f"{found} in {expression!r}",
        remedy=remedy or f"for example {key}='val.b.accuracy>=0.06 and seed!=43'",
    )

"""A small language to choose runs by what their summary says; nothing is ever run as Python.

    val.b.accuracy >= 0.06
    status == completed and not (seed == 43 or val.c.mae > 0.2)

A comparison has a dotted path of summary.json on its left and a number or a word on its right.
Comparisons are joined by `not`, `and`, `or` (binding in this order) and parentheses.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtlab.artifacts.metric_paths import check_paths
from mtlab.dotted import look_up
from mtlab.errors import ConfigError

Summary = Mapping[str, Any]
Condition = Callable[[Summary], bool]

SIGNS: dict[type[ast.cmpop], tuple[str, str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("==", "==", operator.eq),
    ast.NotEq: ("!=", "!=", operator.ne),
    ast.LtE: ("<=", ">=", operator.le),
    ast.GtE: (">=", "<=", operator.ge),
    ast.Lt: ("<", ">", operator.lt),
    ast.Gt: (">", "<", operator.gt),
}
"""How each comparison is written, how with its sides exchanged, and what it means."""
OPERAND = re.compile(r"'([^']*)'|\"([^\"]*)\"|([\w.+-]+)")
# What Python is shown: operands by their numbers, and what joins them.
SHOWN = re.compile(r"(?: |_\d+|and|or|not|[()<>=!])*")


class RunFilter:
    """A condition on a run's summary, from the key `keep`.

    Attributes:
        paths: The dotted paths that are compared, each once.
        holds: Whether a summary meets the condition. One without the value that a comparison asks
            for does not meet that comparison.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.paths: list[str] = []
        self._operands: list[str | float] = []
        # Python's grammar gets names such as _0 for the operands, so that any path can be written:
        # val.lambda.accuracy, val.my-task.accuracy.
        shown = " ".join(OPERAND.sub(self._name_operand, expression).split())
        if not SHOWN.fullmatch(shown):
            raise self._mistake()
        try:
            tree = ast.parse(shown, mode="eval")
        except SyntaxError as error:
            raise self._mistake() from error
        self.holds = self._condition(tree.body)

    def check(self, summaries: Sequence[Summary]) -> None:
        """Raise ConfigError where a path leads nowhere in every summary, or to the test split."""
        check_paths("keep", self.paths, summaries)

    def _name_operand(self, match: re.Match[str]) -> str:
        single, double, word = match.groups()
        if word in ("and", "or", "not"):
            return str(word)
        self._operands.append(_number_or_word(word) if word else single or double or "")
        return f" _{len(self._operands) - 1} "

    def _condition(self, node: ast.expr) -> Condition:
        match node:
            case ast.BoolOp(op, values):
                terms = [self._condition(value) for value in values]
                join = all if isinstance(op, ast.And) else any
                return lambda summary: join(term(summary) for term in terms)
            case ast.UnaryOp(ast.Not(), operand):
                term = self._condition(operand)
                return lambda summary: not term(summary)
            case ast.Compare(ast.Name(left), [sign], [ast.Name(right)]):
                path, wanted = (self._operands[int(name[1:])] for name in (left, right))
                return self._comparison(path, SIGNS[type(sign)], wanted)
        raise self._mistake()

    def _comparison(
        self,
        path: str | float,
        sign: tuple[str, str, Callable[[Any, Any], bool]],
        wanted: str | float,
    ) -> Condition:
        written, turned, compare = sign
        if not isinstance(path, str):
            raise self._mistake(
                f"{path:g} left of {written} in ",
                f"put the metric on the left, for example keep='{wanted}{turned}{path:g}'",
            )
        if path not in self.paths:
            self.paths.append(path)

        def holds(summary: Summary) -> bool:
            found = look_up(summary, path)
            if isinstance(found, bool):
                found = str(found).lower()
            if isinstance(found, str) and isinstance(wanted, str):
                return written in ("==", "!=") and compare(found, wanted)
            are_numbers = isinstance(found, int | float) and isinstance(wanted, float)
            return are_numbers and compare(found, wanted)

        return holds

    def _mistake(
        self,
        where: str = "",
        remedy: str = "for example keep='val.b.accuracy>=0.06 and seed!=43'",
    ) -> ConfigError:
        return ConfigError(
            "keep",
            rule="must compare metrics of summary.json (== != < <= > >=), joined by and, or, not,"
            " ( )",
            found=f"{where}{self.expression!r}",
            remedy=remedy,
        )


def _number_or_word(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text

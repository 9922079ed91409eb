"""Reading an expression: a lexer and a recursive-descent parser, in time linear in the text.

The grammar, weakest first::

    expression  = logic ["if" logic "else" expression]
    logic       = conjunction {"or" conjunction}
    conjunction = negation {"and" negation}
    negation    = "not" negation | comparison
    comparison  = sum {("==" | "!=" | "<" | "<=" | ">" | ">=") sum}
    sum         = product {("+" | "-") product}
    product     = sign {("*" | "/") sign}
    sign        = ("-" | "+") sign | atom
    atom        = number | number "%" | duration | word | name | "true" | "false"
                | ("min" | "max") "(" expression {"," expression} ")"
                | family "(" [name "=" argument {"," name "=" argument}] ")" | "(" expression ")"
    argument    = expression | "[" [expression {"," expression}] "]"

A duration is ``15 min``, ``1 h 30 min`` or ``PT15M``. Names are letters of any script, digits and
underscores; other names stand in back quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from math import isfinite

from serviceflow.errors import ExpressionError, UnitError
from serviceflow.model.calls import arrange, no_such_family, wrong_keyword
from serviceflow.model.families import FAMILIES
from serviceflow.model.nodes import (
    KEYWORDS,
    Binary,
    Compare,
    Extremum,
    Flag,
    IfElse,
    Listing,
    Logic,
    Name,
    Node,
    Not,
    Number,
    Quantity,
    Unary,
    Word,
)
from serviceflow.model.tokens import Token, shorten, tokens
from serviceflow.units import join_terms, read_duration

LONGEST_TEXT = 2_000
LONGEST_LIST = 1_000_000
"""The longest text that may be read; lists of observed values make texts long without making them deep."""
DEEPEST = 50

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def parse(text: str) -> Node:
    """Read an expression.

    Raises
    ------
    ExpressionError
        With the offset in `text` at which reading failed.
    """
    bound = LONGEST_LIST if "[" in text else LONGEST_TEXT
    if len(text) > bound:
        raise ExpressionError(f"the expression has {len(text):,} characters; at most {bound:,} are read")
    if not text.strip():
        raise ExpressionError("the expression is empty: write a number, a duration or a distribution")
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.level = 0
        self.calls: list[str] = []

    # -- moving along the tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def take(self, *texts: str) -> str | None:
        """Step over the token if it is one of `texts` (a sign or a keyword) and give it."""
        token = self.token
        if token.kind in ("sign", "name") and token.text in texts:
            self.at += 1
            return token.text
        return None

    def fail(self, message: str, token: Token | None = None) -> ExpressionError:
        return ExpressionError(message, (token or self.token).start)

    def expect(self, sign: str, why: str) -> None:
        if not self.take(sign):
            raise self.unexpected(f"'{sign}' {why}")

    def unexpected(self, wanted: str) -> ExpressionError:
        if self.token.kind == "end":
            return self.fail(self.cut_short() or f"'{shorten(self.text)}' ends where {wanted} should stand")
        if self.token.text == "=":
            return self.fail("'=' stands where nothing is named: write '==' to compare")
        return self.fail(f"found '{self.token.text}' in '{shorten(self.text)}' where {wanted} should stand")

    def cut_short(self) -> str | None:
        if not self.calls:
            return None
        return (
            f"'{shorten(self.text)}' is not closed; if it stands between braces, YAML cut it at its comma: "
            f'put the whole call in quotes, "{FAMILIES[self.calls[-1]].example}"'
        )

    # -- the grammar

    def whole(self) -> Node:
        node = self.expression()
        if self.token.kind != "end":
            raise self.after_the_end()
        _check_depth(node)
        return node

    def after_the_end(self) -> ExpressionError:
        token, before = self.token, self.tokens[self.at - 1]
        if token.text == "," and before.kind == "number":
            return self.fail("found ',' after a number: write the decimal point, 1.5", token)
        if token.kind in ("name", "number") and before.kind in ("name", "back"):
            name = self.text[before.start : token.start + len(token.text)].strip("`")
            return self.fail(f"found '{token.text}' after '{before.text}': a name with spaces stands in "
                             f"back quotes, `{name}`, a word in quotes, '{name}'", token)  # fmt: skip
        return self.unexpected("the end or an operator")

    def nested(self, rule: Callable[[], Node]) -> Node:
        self.level += 1
        if self.level > DEEPEST:
            raise self.fail(f"the expression is nested more than {DEEPEST} deep: split it up")
        node = rule()
        self.level -= 1
        return node

    def expression(self) -> Node:
        return self.nested(self.ternary)

    def ternary(self) -> Node:
        then = self.disjunction()
        if not self.take("if"):
            return then
        condition = self.disjunction()
        if not self.take("else"):
            raise self.unexpected("'else' (write 1 h if vip else 4 h)")
        return IfElse(condition, then, self.expression())

    def disjunction(self) -> Node:
        return self.logic("or", self.conjunction)

    def conjunction(self) -> Node:
        return self.logic("and", self.negation)

    def logic(self, operator: str, operand: Callable[[], Node]) -> Node:
        operands = [operand()]
        while self.take(operator):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Logic(operator, tuple(operands))

    def negation(self) -> Node:
        if self.take("not"):
            return Not(self.nested(self.negation))
        return self.comparison()

    def comparison(self) -> Node:
        operands, operators = [self.sum()], []
        while operator := self.take(*_COMPARISONS):
            operators.append(operator)
            operands.append(self.sum())
        return Compare(tuple(operators), tuple(operands)) if operators else operands[0]

    def sum(self) -> Node:
        return self.chain(("+", "-"), self.product)

    def product(self) -> Node:
        return self.chain(("*", "/"), self.sign)

    def chain(self, operators: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        left = operand()
        while operator := self.take(*operators):
            left = Binary(operator, left, operand())
        return left

    def sign(self) -> Node:
        if self.take("-"):
            return Unary("-", self.nested(self.sign))
        if self.take("+"):
            return self.nested(self.sign)
        return self.atom()

    def atom(self) -> Node:
        token = self.token
        rule = {
            "number": self.number,
            "iso": self.iso_duration,
            "word": self.word,
            "back": self.back_quoted,
            "name": self.name,
        }.get(token.kind)
        if rule:
            return rule()
        if self.take("("):
            inner = self.expression()
            self.expect(")", "to close the parenthesis")
            return inner
        if token.text == "[":
            raise self.fail("a list stands only in a distribution, as values=[...] or shares=[...]")
        raise self.unexpected("a number, a duration, a name or a distribution")

    def number(self) -> Node:
        token = self.next()
        if not isfinite(float(token.text)):
            raise self.fail(f"{token.text} is too large", token)
        if self.take("%"):
            return Number(float(Fraction(token.text) / 100), percent=True)
        if self.token.kind == "name" and self.token.text not in KEYWORDS - {"min"}:
            return self.duration(token)
        return Number(float(token.text))

    def duration(self, first: Token) -> Node:
        terms = [(first.text, self.next().text)]
        while self.token.kind == "number" and self.tokens[self.at + 1].kind == "name":
            terms.append((self.next().text, self.next().text))
        try:
            value, unit = join_terms(terms)
        except UnitError as error:
            raise self.fail(str(error), first) from None
        return Quantity(float(value), unit)

    def iso_duration(self) -> Node:
        token = self.next()
        try:
            value, unit = read_duration(token.text)
        except UnitError as error:
            raise self.fail(str(error), token) from None
        return Quantity(float(value), str(unit))

    def word(self) -> Node:
        return Word(re.sub(r"\\(.)", r"\1", self.next().text[1:-1]))

    def back_quoted(self) -> Node:
        token = self.next()
        if not token.text.strip("` "):
            raise self.fail("the name between the back quotes is empty", token)
        return Name(token.text[1:-1].strip())

    def name(self) -> Node:
        token = self.token
        if token.text in ("true", "false"):
            return Flag(self.next().text == "true")
        if self.tokens[self.at + 1].text == "(" and self.tokens[self.at + 1].kind == "sign":
            return self.call()
        if token.text in KEYWORDS:
            raise self.unexpected("a number, a duration, a name or a distribution")
        return Name(self.next().text)

    def call(self) -> Node:
        token = self.next()
        if token.text in ("min", "max"):
            self.next()
            return Extremum(token.text, self.sequence(")"))
        if token.text not in FAMILIES:
            raise self.fail(no_such_family(token.text), token)
        self.next()
        return self.distribution(token)

    def sequence(self, closing: str) -> tuple[Node, ...]:
        """Read expressions up to the closing sign, which is stepped over."""
        items: list[Node] = []
        while not self.take(closing):
            if items:
                self.expect(",", f"or '{closing}'")
            items.append(self.expression())
        if not items and closing == ")":
            raise self.fail("min and max need at least one argument", self.tokens[self.at - 1])
        return tuple(items)

    # -- distributions

    def distribution(self, family: Token) -> Node:
        self.calls.append(family.text)
        given: dict[str, Node] = {}
        while not self.take(")"):
            if given:
                self.expect(",", "or ')'")
            name = self.keyword(family.text, given)
            given[name] = self.argument()
        self.calls.pop()
        return arrange(family.text, given, family.start)

    def keyword(self, family: str, given: dict[str, Node]) -> str:
        name = self.token
        if name.kind == "end":
            raise self.unexpected("an argument")
        following = self.tokens[self.at + 1]
        if name.kind != "name" or following.text != "=":
            raise self.fail(f"{family} takes its arguments by name: {FAMILIES[family].example}", name)
        if wrong := wrong_keyword(family, name.text):
            raise self.fail(wrong, name)
        if name.text in given:
            raise self.fail(f"{family}: {name.text} is given twice", name)
        self.at += 2
        return name.text

    def argument(self) -> Node:
        if self.take("["):
            return Listing(self.sequence("]"))
        return self.expression()


def _check_depth(root: Node) -> None:
    level: list[Node] = [root]
    for _ in range(DEEPEST + 1):
        level = [child for node in level for child in node.children()]
        if not level:
            return
    raise ExpressionError(f"the expression is nested more than {DEEPEST} deep: split it up", 0)

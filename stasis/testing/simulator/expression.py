"""`$[…]`: the dialplan's expressions. Pure.

Every value is text. A number is digits, with or without a fraction; quotes belong to a text, so
`"1" = 1` is not so. Two numbers are compared as numbers, all else as texts; in arithmetic what is
no number counts 0. From loose to tight: `? ::`, `|`, `&`, comparisons, `+ -`, `* / %`, `!` and the
sign, `:`, `=~` and `~~`. Functions in expressions are not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal

__all__ = ["evaluate"]

TOKEN = re.compile(
    r'\s*("[^"]*"|!=|>=|<=|==|=~|~~|::|[-|&=<>+*/%!:?()~,]|[^\s"|&=<>+*/%!:?()~,-]+)'
)
NUMBER = re.compile(r"-?\d+(\.\d*)?(e[+-]\d+)?")
LEVELS = (("|",), ("&",), ("=", "==", "!=", "<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
SIGNS = frozenset("!= >= <= == =~ ~~ :: - | & = < > + * / % ! : ? ( ) ~ ,".split())
EXACT = Context(prec=40, traps=[])
SHOWN = Context(prec=18, traps=[])
ENDLESS = "2147483647"  # what a division by 0 gives

Warn = Callable[[str], None]


class Wrong(Exception):
    """The expression ends where a value is missing, or goes on where it should end.

    value: what Asterisk makes of it.
    """

    def __init__(self, problem: str, value: str) -> None:
        super().__init__(problem)
        self.value = value


def evaluate(text: str, warn: Warn = lambda problem: None) -> str:
    """The value of what stands between `$[` and `]`, its variables expanded.

    warn: called when it is no expression; what Asterisk makes of it is returned all the same.
    """
    if not text.strip():
        return ""
    reader = Reader(TOKEN.findall(text))
    try:
        value = reader.choice()
        if reader.next:
            raise Wrong(f"{reader.next!r} is one too many", value)
    except Wrong as wrong:
        warn(f"$[{text}] is no expression: {wrong}")
        return wrong.value
    return value


class Reader:
    """Reads tokens from left to right, one method for each level of tightness."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> str:
        """The token that comes; "" at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, *tokens: str) -> str:
        """Take the next token if it is one of these; else ""."""
        found = self.next
        if found not in tokens:
            return ""
        self._at += 1
        return found

    def choice(self) -> str:
        """`condition ? yes :: no`."""
        value = self.level(0)
        if not self.take("?"):
            return value
        yes = self.choice()
        if not self.take("::"):
            raise Wrong("a ? has no ::", "0")
        no = self.choice()
        return yes if true(value) else no

    def level(self, number: int) -> str:
        """The operators with two sides."""
        if number == len(LEVELS):
            return self.signed()
        value = self.level(number + 1)
        while sign := self.take(*LEVELS[number]):
            value = apply(sign, value, self.level(number + 1))
        return value

    def signed(self) -> str:
        """`!` and `-` before a value."""
        if self.take("!"):
            return truth(number(self.signed()) == 0)
        if self.take("-"):
            return shown(-(number(self.signed())))
        value = self.single()
        while sign := self.take(":", "=~", "~~"):
            value = apply(sign, value, self.single())
        return value

    def single(self) -> str:
        """A number, a text, or an expression in parentheses."""
        if self.take("("):
            value = self.choice()
            if not self.take(")"):
                raise Wrong("a ( has no )", "0")
            return value
        found = self.next
        if not found:
            raise Wrong("a value is missing at its end", "0")
        if found in SIGNS:
            raise Wrong(f"a value is missing before {found!r}", "")
        self._at += 1
        return found


def apply(sign: str, left: str, right: str) -> str:
    """An operator with two sides."""
    match sign:
        case "|":
            return left if true(left) else right
        case "&":
            return left if true(left) and true(right) else "0"
        case "~~":
            return left.strip('"') + right.strip('"')
        case ":" | "=~":
            return sought(left.strip('"'), right.strip('"'), anywhere=sign == "=~")
        case "+" | "-" | "*" | "/" | "%":
            return computed(sign, number(left), number(right))
    if NUMBER.fullmatch(left) and NUMBER.fullmatch(right):
        order = (number(left) > number(right)) - (number(left) < number(right))
    else:
        order = (left > right) - (left < right)
    return truth(
        {
            "=": order == 0,
            "==": order == 0,
            "!=": order != 0,
            "<": order < 0,
            ">": order > 0,
            "<=": order <= 0,
            ">=": order >= 0,
        }[sign]
    )


def computed(sign: str, left: Decimal, right: Decimal) -> str:
    """Arithmetic; a remainder has the sign of what is divided."""
    if sign in ("/", "%") and not right:
        return ENDLESS if sign == "/" else "0"
    operations = {
        "+": EXACT.add,
        "-": EXACT.subtract,
        "*": EXACT.multiply,
        "/": EXACT.divide,
        "%": EXACT.remainder,
    }
    return shown(operations[sign](left, right))


def sought(text: str, pattern: str, anywhere: bool) -> str:
    """A regular expression: what its first group found, else how much it found."""
    try:
        expression = re.compile(pattern)
    except re.error:
        return "0"
    match = expression.search(text) if anywhere else expression.match(text)
    if expression.groups:
        return (match and match[1]) or ""
    return str(len(match[0])) if match else "0"


def number(text: str) -> Decimal:
    """A text as a number: 0 when it is none."""
    return EXACT.create_decimal(text) if NUMBER.fullmatch(text) else Decimal(0)


def true(text: str) -> bool:
    """Whether a value counts as true: a number but 0, or a text; a quoted one is never empty."""
    return number(text) != 0 if NUMBER.fullmatch(text) else bool(text)


def truth(value: bool) -> str:
    """A comparison's result."""
    return "1" if value else "0"


def shown(value: Decimal) -> str:
    """A number as Asterisk writes it: 18 digits at most, with an exponent when it is longer."""
    value = SHOWN.create_decimal(value)
    if not value.is_finite():
        return "0"
    if not value:
        return "0"
    value = value.normalize(SHOWN)
    exponent = value.adjusted()
    if -5 < exponent < 18:
        return format(value, "f")
    return f"{value.scaleb(-exponent, SHOWN).normalize(SHOWN):f}e{exponent:+03d}"

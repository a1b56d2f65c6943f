"""The run rules, in one table: Western Electric 1-4 and Nelson 1-8.

Every rule has one form: at least `need` of the last `of` points, the newest among them, satisfy
a condition on the same side. So a pattern is named at the point that completes it, and it may
be complete before `of` points exist. Inequalities are strict: a point on a line is not beyond
it, a point on the centre is on no side, equal neighbours neither rise nor fall. A missing value
satisfies nothing.

Source: Western Electric (1956), Statistical Quality Control Handbook; Nelson (1984), Journal of
Quality Technology 16(4).
"""

from dataclasses import dataclass
from typing import Literal

from quality_creator.model.errors import BadInput

Pair = Literal["side", "beyond-1", "beyond-2", "limit", "step", "within-1", "spread"]
PAIRS: tuple[Pair, ...] = ("side", "beyond-1", "beyond-2", "limit", "step", "within-1", "spread")
"""What a point is, upward and downward: above or below the centre; beyond 1 or 2 sigma; beyond a
limit; above or below its predecessor; above the lower and below the upper 1-sigma line; beyond a
limit of the spread."""

Form = Literal["sides", "turns", "within", "either", "both"]
"""`sides`: the upward or the downward condition, each for itself; `turns`: one and the other by
turns; `within`: both at once; `either`: one or the other, mixed; `both`: as `either`, and each
occurs among the `of` points."""

REACH = 15
"""The most points that a rule looks at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the table."""

    name: str
    need: int
    of: int
    form: Form
    pair: Pair
    text: str


TABLE: tuple[Rule, ...] = (
    Rule("nelson-1", 1, 1, "sides", "limit", "1 point beyond a limit (3 sigma)"),
    Rule("nelson-2", 9, 9, "sides", "side", "9 points in a row on one side of the centre"),
    # Six points have five steps between them, fourteen have twelve turns.
    Rule("nelson-3", 5, 5, "sides", "step", "6 points in a row rising, or falling"),
    Rule("nelson-4", 12, 12, "turns", "step", "14 points in a row going up and down by turns"),
    Rule("nelson-5", 2, 3, "sides", "beyond-2", "2 of 3 points beyond 2 sigma on one side"),
    Rule("nelson-6", 4, 5, "sides", "beyond-1", "4 of 5 points beyond 1 sigma on one side"),
    Rule("nelson-7", 15, 15, "within", "within-1", "15 points in a row within 1 sigma"),
    Rule("nelson-8", 8, 8, "either", "beyond-1", "8 points in a row beyond 1 sigma, either side"),
    Rule("nelson-8-both", 8, 8, "both", "beyond-1", "8 in a row beyond 1 sigma, on both sides"),
    Rule(
        "western-electric-1",
        1,
        1,
        "sides",
        "limit",
        "1 point beyond a limit (3 sigma)",
    ),
    Rule(
        "western-electric-2",
        2,
        3,
        "sides",
        "beyond-2",
        "2 of 3 points beyond 2 sigma on one side",
    ),
    Rule(
        "western-electric-3",
        4,
        5,
        "sides",
        "beyond-1",
        "4 of 5 points beyond 1 sigma on one side",
    ),
    Rule("western-electric-4", 8, 8, "sides", "side", "8 points in a row on one side of the centre"),
)

SPREAD = Rule("spread-limits", 1, 1, "sides", "spread", "the spread beyond its limit")
"""Judged on the lower of a pair of charts whenever rule 1 is judged on the upper."""

OWN: dict[str, tuple[Rule, ...]] = {
    "ewma": (Rule("ewma-limits", 1, 1, "sides", "limit", "the EWMA beyond a limit"),),
    "cusum": (
        Rule("cusum-upper", 1, 1, "sides", "limit", "C+ beyond h: a shift upward"),
        Rule("cusum-lower", 1, 1, "sides", "spread", "C- beyond h: a shift downward"),
    ),
    "t2": (Rule("t2-limit", 1, 1, "sides", "limit", "T² beyond its limit"),),
    "mewma": (Rule("mewma-limit", 1, 1, "sides", "limit", "T² of the MEWMA beyond h"),),
}
"""The one limit of each chart whose points depend on each other or stand for several values."""

NELSON: tuple[str, ...] = tuple(f"nelson-{number}" for number in range(1, 9))
WESTERN_ELECTRIC: tuple[str, ...] = tuple(f"western-electric-{number}" for number in range(1, 5))
DEFAULT: tuple[str, ...] = ("nelson-1", "nelson-2")
"""On live charts: all eight would give 1,000 perfect characteristics 14 first alarms a tick."""

SETS: dict[str, tuple[str, ...]] = {
    "nelson": NELSON,
    "western-electric": WESTERN_ELECTRIC,
    "default": DEFAULT,
    "none": (),
}
"""Names for several rules at once."""

_BY_NAME = {entry.name: entry for entry in TABLE}


def rule(name: str) -> Rule:
    """The rule of that name.

    >>> rule("nelson-5").text
    '2 of 3 points beyond 2 sigma on one side'
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise BadInput(
            "there is no rule {name!r}; choose from {known}", name=name, known=tuple(_BY_NAME)
        ) from None


def parse(text: str) -> tuple[str, ...]:
    """Rules as a person writes them: names of sets and of rules, with commas; `nelson-1..4` spans.

    >>> parse("nelson-1..3,western-electric-4")
    ('nelson-1', 'nelson-2', 'nelson-3', 'western-electric-4')
    """
    chosen: list[str] = []
    for word in (part.strip().lower() for part in text.split(",")):
        if word in SETS:
            chosen.extend(SETS[word])
        elif ".." in word:
            chosen.extend(_span(word))
        elif word:
            chosen.append(rule(word).name)
    return tuple(dict.fromkeys(chosen))


def _span(word: str) -> tuple[str, ...]:
    first, _, last = word.partition("..")
    family, _, low = first.rpartition("-")
    if not (low.isdigit() and last.isdigit() and int(low) <= int(last)):
        raise BadInput("a span of rules is written nelson-1..4, not {word!r}", word=word)
    return tuple(rule(f"{family}-{number}").name for number in range(int(low), int(last) + 1))


def asked(names: tuple[str, ...], kind: str) -> tuple[Rule, ...]:
    """The rules to evaluate for a plan's choice; what a chart is judged by in any case is there too."""
    if kind in OWN:
        return OWN[kind]
    chosen = tuple(rule(name) for name in names)
    paired = kind in ("i-mr", "xbar-r", "xbar-s")
    if paired and any(entry.pair == "limit" for entry in chosen):
        return (*chosen, SPREAD)
    return chosen

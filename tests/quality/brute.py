"""The rules as their texts say them, one point at a time, in plain Python: a second method."""

import itertools
from collections.abc import Sequence

Series = Sequence[float]


def holds(name: str, values: Series, center: float, sigma: float, last: int) -> str:  # noqa: PLR0911 - a table
    """The side on which the rule holds at point `last` ("" when it does not)."""
    z = [(value - center) / sigma for value in values]
    match name:
        case "nelson-1" | "western-electric-1":
            return one_sided(z, last, need=1, of=1, level=3.0)
        case "nelson-2":
            return one_sided(z, last, need=9, of=9, level=0.0)
        case "western-electric-4":
            return one_sided(z, last, need=8, of=8, level=0.0)
        case "nelson-5" | "western-electric-2":
            return one_sided(z, last, need=2, of=3, level=2.0)
        case "nelson-6" | "western-electric-3":
            return one_sided(z, last, need=4, of=5, level=1.0)
        case "nelson-3":
            return trend(values, last)
        case "nelson-4":
            return alternating(values, last)
        case "nelson-7":
            window = z[max(0, last - 14) : last + 1]
            return "any" if len(window) == 15 and all(abs(point) < 1.0 for point in window) else ""
        case "nelson-8" | "nelson-8-both":
            window = z[max(0, last - 7) : last + 1]
            beyond = len(window) == 8 and all(abs(point) > 1.0 for point in window)
            both = any(point > 0 for point in window) and any(point < 0 for point in window)
            return "any" if beyond and (both or name == "nelson-8") else ""
    raise AssertionError(name)


def one_sided(z: Series, last: int, *, need: int, of: int, level: float) -> str:
    window = z[max(0, last - of + 1) : last + 1]
    for side, sign in (("up", 1.0), ("down", -1.0)):
        qualifying = [sign * point > level for point in window]
        if qualifying[-1] and sum(qualifying) >= need:
            return side
    return ""


def trend(values: Series, last: int) -> str:
    if last < 5:
        return ""
    window = values[last - 5 : last + 1]
    pairs = list(itertools.pairwise(window))
    if all(later > earlier for earlier, later in pairs):
        return "up"
    return "down" if all(later < earlier for earlier, later in pairs) else ""


def alternating(values: Series, last: int) -> str:
    if last < 13:
        return ""
    window = values[last - 13 : last + 1]
    steps = [later - earlier for earlier, later in itertools.pairwise(window)]
    return "any" if all(one * two < 0 for one, two in itertools.pairwise(steps)) else ""


def signals(rules: Sequence[str], values: Series, center: float, sigma: float) -> list[tuple[int, str, bool]]:
    """Every (point, rule, continuing) of a series."""
    found = []
    before = dict.fromkeys(rules, "")
    for point in range(len(values)):
        for name in rules:
            side = holds(name, values, center, sigma, point)
            if side:
                found.append((point, name, before[name] == side))
            before[name] = side
    return found

"""The units of the trade, and the way from one to another.

A table written by hand instead of a unit library: a hub needs some sixty units and no algebra,
every factor here is exact, and a library's registry costs more at start than the rest of the
package together.
"""

import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from quality_creator.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a quantity: what is 0 and 1 in it, in the quantity's first unit."""

    name: str
    """As it is written in the trade."""
    quantity: str
    factor: Fraction
    zero: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Conversion:
    """value * numerator / denominator + offset.

    Two whole numbers rather than one factor: 120 µm are 120 * 1 / 1000 = 0.12 mm to the last bit.
    """

    numerator: float
    denominator: float
    offset: float

    def __call__(self, value: float) -> float:
        return value * self.numerator / self.denominator + self.offset


SAME = Conversion(1.0, 1.0, 0.0)

_INCH = Fraction(254, 10)  # mm
_POUND = Fraction("0.45359237")  # kg
_GRAVITY = Fraction("9.80665")  # m/s²
_POUND_FORCE = _POUND * _GRAVITY  # N
_PSI = _POUND_FORCE / (_INCH / 1000) ** 2  # Pa
_INCH_POUND = _POUND_FORCE * _INCH / 1000  # N·m
_FOOT_POUND = _INCH_POUND * 12

# Quantity, then unit, factor to the first unit of its quantity, other spellings. Spellings are
# compared as they are written: `mm` and `Mm`, `mPa` and `MPa` differ by nine powers of ten.
_TABLE: dict[str, list[tuple[str, Fraction | int | str, str]]] = {
    "length": [
        ("mm", 1, "millimetre millimeter"),
        ("µm", "0.001", "um micron micrometre micrometer"),
        ("nm", "0.000001", "nanometre nanometer"),
        ("cm", 10, "centimetre centimeter"),
        ("m", 1000, "metre meter"),
        ("in", _INCH, "inch"),
        ("mil", _INCH / 1000, "thou"),
    ],
    "temperature": [("°C", 1, "degC C Cel"), ("K", 1, "kelvin"), ("°F", Fraction(5, 9), "degF F")],
    "pressure": [
        ("Pa", 1, "pascal"),
        ("hPa", 100, ""),
        ("kPa", 1000, ""),
        ("MPa", 1_000_000, "N/mm²"),
        ("mbar", 100, ""),
        ("bar", 100_000, ""),
        ("psi", _PSI, ""),
        ("atm", 101_325, ""),
    ],
    "pressure change": [
        ("kPa/min", 1, ""),
        ("Pa/min", "0.001", ""),
        ("Pa/s", "0.06", ""),
        ("kPa/s", 60, ""),
        ("hPa/min", "0.1", ""),
        ("mbar/min", "0.1", ""),
        ("bar/min", 100, ""),
        ("psi/min", _PSI / 1000, ""),
    ],
    "force per width": [
        ("N/mm", 1, ""),
        ("N/cm", "0.1", ""),
        ("N/m", "0.001", ""),
        ("kN/m", 1, ""),
        ("N/25mm", Fraction(1, 25), ""),
        ("lbf/in", _POUND_FORCE / _INCH, ""),
    ],
    "force": [
        ("N", 1, "newton"),
        ("mN", "0.001", ""),
        ("kN", 1000, ""),
        ("kgf", _GRAVITY, ""),
        ("lbf", _POUND_FORCE, ""),
    ],
    "torque": [
        ("N·m", 1, "Nm N*m N.m N-m"),
        ("N·cm", "0.01", "Ncm N*cm"),
        ("mN·m", "0.001", "mNm mN*m"),
        ("kgf·cm", _GRAVITY / 100, "kgfcm kgf*cm"),
        ("in·lbf", _INCH_POUND, "in*lbf lbf·in"),
        ("ft·lbf", _FOOT_POUND, "ft*lbf lbf·ft"),
    ],
    "share": [("%", 1, "percent pct"), ("1", 100, "ratio"), ("‰", "0.1", ""), ("ppm", "0.0001", "")],
    "concentration": [
        ("mg/m³", 1, ""),
        ("µg/m³", "0.001", "ug/m³"),
        ("g/m³", 1000, ""),
        ("mg/L", 1000, "mg/l"),
    ],
    "areal mass": [("g/m²", 1, "gsm"), ("kg/m²", 1000, "")],
    "density": [("kg/m³", 1, ""), ("g/cm³", 1000, "g/mL g/ml")],
    "mass": [
        ("g", 1, "gram"),
        ("mg", "0.001", ""),
        ("kg", 1000, "kilogram"),
        ("t", 1_000_000, "tonne"),
        ("lb", _POUND * 1000, ""),
        ("oz", _POUND * 1000 / 16, ""),
    ],
    "time": [
        ("s", 1, "sec second"),
        ("ms", "0.001", ""),
        ("µs", "0.000001", "us"),
        ("min", 60, "minute"),
        ("h", 3600, "hour"),
    ],
    "speed": [("m/min", 1, ""), ("m/s", 60, ""), ("mm/s", "0.06", ""), ("mm/min", "0.001", "")],
    "flow": [
        ("L/min", 1, "l/min"),
        ("L/s", 60, "l/s"),
        ("mL/min", "0.001", "ml/min"),
        ("m³/h", Fraction(1000, 60), ""),
    ],
    "volume": [("L", 1, "l litre liter"), ("mL", "0.001", "ml cm³"), ("m³", 1000, "")],
    "area": [("mm²", 1, ""), ("cm²", 100, ""), ("m²", 1_000_000, "")],
    "rotation": [("rpm", 1, "1/min r/min min⁻¹"), ("Hz", 60, "1/s s⁻¹")],
    "angle": [("°", 1, "deg degree"), ("'", Fraction(1, 60), "arcmin")],
    "voltage": [("V", 1, "volt"), ("mV", "0.001", ""), ("kV", 1000, "")],
    "current": [("A", 1, "ampere"), ("mA", "0.001", ""), ("µA", "0.000001", "uA")],
    "resistance": [("Ω", 1, "ohm"), ("kΩ", 1000, "kohm"), ("MΩ", 1_000_000, "Mohm")],
    "power": [("W", 1, "watt"), ("kW", 1000, "")],
    "gloss": [("GU", 1, "")],
    "number": [("count", 1, "pcs pieces cycles")],
}

_ZEROS = {"K": Fraction("-273.15"), "°F": Fraction(-160, 9)}


def _spelling(name: str) -> str:
    """One form for what looks alike or is typed for want of a key: µ and μ, ² and ^2, ℃ and °C."""
    name = unicodedata.normalize("NFKC", name)
    return name.replace("**", "").replace("^", "").replace(" ", "").replace("⋅", "·")


def _table() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for quantity, rows in _TABLE.items():
        for name, factor, others in rows:
            unit = Unit(name, quantity, Fraction(factor), _ZEROS.get(name, Fraction(0)))
            for spelling in (name, *others.split()):
                assert _spelling(spelling) not in units, spelling
                units[_spelling(spelling)] = unit
    return units


UNITS = _table()
"""By spelling."""


def unit(name: str) -> Unit:
    """The unit that is written so.

    Raises:
        BadInput: the table does not have it; the text lists what it has.
    """
    found = UNITS.get(_spelling(name))
    if found is None:
        known = ", ".join(dict.fromkeys(one.name for one in UNITS.values()))
        raise BadInput(f"the unit {name!r} is not known; there are: {known}")
    return found


def same(one: str, other: str) -> bool:
    """Whether two spellings mean the same unit; a unit that the table lacks equals only itself.

    >>> same("um", "µm"), same("kPa", "bar"), same("mPa", "MPa")
    (True, False, False)
    """
    if one == other:
        return True
    left, right = _spelling(one), _spelling(other)
    return left == right or (left in UNITS and UNITS[left] is UNITS.get(right))


def conversion(source: str, target: str) -> Conversion:
    """The way from values in one unit to values in another.

    Units that are spelled alike need not be in the table.

    >>> conversion("µm", "mm")(120.0), conversion("°F", "°C")(212.0), conversion("board", "board")(3.0)
    (0.12, 100.0, 3.0)

    Raises:
        BadInput: a unit is not known, or the two measure different things.
    """
    if same(source, target):
        return SAME
    one, other = unit(source), unit(target)
    if one.quantity != other.quantity:
        allowed = dict.fromkeys(u.name for u in UNITS.values() if u.quantity == other.quantity)
        raise BadInput(
            f"{source!r} measures {one.quantity}, {target!r} measures {other.quantity}; "
            f"allowed: {', '.join(allowed)}"
        )
    factor = one.factor / other.factor
    offset = (one.zero - other.zero) / other.factor
    return Conversion(float(factor.numerator), float(factor.denominator), float(offset))

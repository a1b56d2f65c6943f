"""Units: against factors as the SI brochure, NIST SP 811 and ISO 80000 print them."""

import math

import pytest

from quality_creator.factory import units
from quality_creator.model.errors import BadInput

PRINTED = [
    # value, unit, the same in another unit; NIST SP 811 (2008), appendix B.8, and exact by definition
    (1.0, "in", 25.4, "mm"),
    (1.0, "mil", 25.4, "µm"),
    (1.0, "psi", 6894.757, "Pa"),
    (1.0, "atm", 101325.0, "Pa"),
    (1.0, "bar", 0.1, "MPa"),
    (1.0, "lbf", 4.448222, "N"),
    (1.0, "kgf", 9.80665, "N"),
    (1.0, "lbf/in", 175.1268, "N/m"),
    (1.0, "in·lbf", 0.1129848, "N·m"),
    (1.0, "ft·lbf", 1.355818, "N·m"),
    (1.0, "kgf·cm", 0.0980665, "N·m"),
    (1.0, "lb", 453.59237, "g"),
    (1.0, "oz", 28.34952, "g"),
    (32.0, "°F", 0.0, "°C"),
    (212.0, "°F", 373.15, "K"),
    (-40.0, "°C", -40.0, "°F"),
    (0.0, "K", -459.67, "°F"),
    (25.0, "N/cm", 2.5, "N/mm"),
    (60.0, "N/25mm", 2.4, "N/mm"),
    (10.0, "Pa/s", 0.6, "kPa/min"),
    (0.05, "mg/m³", 50.0, "µg/m³"),
    (0.08, "1", 8.0, "%"),
    (500.0, "ppm", 0.05, "%"),
    (1.0, "m³/h", 1000 / 60, "L/min"),
    (90.0, "°", 5400.0, "'"),
]


@pytest.mark.parametrize(("value", "unit", "expected", "other"), PRINTED)
def test_a_factor_is_the_printed_one_and_back(value: float, unit: str, expected: float, other: str) -> None:
    assert units.conversion(unit, other)(value) == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert units.conversion(other, unit)(expected) == pytest.approx(value, rel=1e-6, abs=1e-9)


def test_every_pair_of_a_quantity_leads_there_and_back() -> None:
    known = list(dict.fromkeys(units.UNITS.values()))
    for one in known:
        for other in known:
            if one.quantity == other.quantity:
                there, back = units.conversion(one.name, other.name), units.conversion(other.name, one.name)
                assert math.isclose(back(there(12.5)), 12.5, rel_tol=1e-9), (one, other)


def test_decimal_steps_are_exact_to_the_last_bit() -> None:
    convert = units.conversion("µm", "mm")
    assert [convert(float(n)) for n in range(100_000)] == [n / 1000 for n in range(100_000)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("um", "µm"),
        ("μm", "µm"),
        ("Nm", "N·m"),
        ("N⋅m", "N·m"),
        ("mg/m3", "mg/m³"),
        ("℃", "°C"),
        ("m^2", "m²"),
    ],
)
def test_spellings_of_one_unit_are_the_same(one: str, other: str) -> None:
    assert units.same(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("mPa", "MPa"), ("mm", "Mm"), ("s", "S"), ("kPa", "kPa/min"), ("g", "G")]
)
def test_units_that_only_look_alike_are_not_the_same(one: str, other: str) -> None:
    assert not units.same(one, other)


def test_another_quantity_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(BadInput) as raised:
        units.conversion("bar", "mm")
    assert str(raised.value) == (
        "'bar' measures pressure, 'mm' measures length; allowed: mm, µm, nm, cm, m, in, mil"
    )


def test_an_unknown_unit_is_refused_unless_it_needs_no_conversion() -> None:
    assert units.conversion("Shore A", "Shore A")(60.0) == 60.0
    with pytest.raises(BadInput, match="the unit 'Shore A' is not known; there are: mm, µm"):
        units.conversion("Shore A", "mm")

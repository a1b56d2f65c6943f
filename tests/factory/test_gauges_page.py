"""What docs/gauges.md says of reasons and units is what the code knows."""

import re
from pathlib import Path
from typing import get_args

from quality_creator.config.schema import Tag
from quality_creator.factory.units import UNITS
from quality_creator.model.reading import Reason

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gauges.md").read_text(encoding="utf-8")


def test_the_page_lists_every_unit_by_quantity() -> None:
    quantities: dict[str, list[str]] = {}
    for unit in dict.fromkeys(UNITS.values()):
        quantities.setdefault(unit.quantity, []).append(f"`{unit.name}`")
    rows = [f"| {quantity} | {' '.join(names)} |" for quantity, names in quantities.items()]
    table = "\n".join(["| quantity | units |", "|---|---|", *rows])
    between = re.search(r"<!-- units: begin -->\n(.*)\n<!-- units: end -->", PAGE, re.DOTALL)
    assert between is not None
    assert between[1] == table


def test_the_page_explains_every_reason() -> None:
    section = PAGE.partition("## Refusals")[2].partition("## Units")[0]
    assert set(re.findall(r"`([a-z]+-[a-z-]+)`", section)) == set(get_args(Reason))


def test_the_page_explains_every_key_of_a_tag() -> None:
    section = PAGE.partition("| key of a tag |")[2].partition("A reading has")[0]
    assert set(Tag.__struct_fields__) <= set(re.findall(r"`([a-z_]+)`", section))

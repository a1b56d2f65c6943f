"""The sentences of workers that pages know again: each is said somewhere in the code, word for word."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import quality_creator
from quality_creator.web.heard_words import HEARD

HERE = Path(quality_creator.__file__).parent
SYSTEM = {one for one in HEARD if re.fullmatch(r"[A-Z][a-z]+( [a-z]+)+", one)}
"""Those that libraries and the operating system say."""


def sentences(node: ast.AST) -> Iterator[str]:
    """Every string of a piece of code, as a template whose places have no names."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
        for place in node.values:
            if isinstance(place, ast.FormattedValue):
                yield from sentences(place.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.sub(r"\{[^{}]*\}", "{}", node.value)
    else:
        for one in ast.iter_child_nodes(node):
            yield from sentences(one)


def shape(template: str) -> str:
    return re.sub(r"\{\w+\}", "{}", template)


def said() -> str:
    """All that the media room and restreams say, one below another; pieces of what is put together, too."""
    paths = [*(HERE / "media").rglob("*.py"), HERE / "actions" / "restream.py"]
    return "\n".join(sorted({one for path in paths for one in sentences(ast.parse(path.read_text()))}))


def test_every_sentence_that_pages_know_is_said_somewhere() -> None:
    text = said()
    runs = {
        one: [run.strip() for run in re.split(r"\{\w+\}|[;,]", one)] for one in HEARD if one not in SYSTEM
    }
    lost = [one for one, between in runs.items() if not all(run in text for run in between)]
    assert lost == []


def test_what_a_source_is_in_trouble_for_is_known_to_pages() -> None:
    known = {shape(one) for one in HEARD}
    told = set()
    for path in (HERE / "media" / "capture").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "attr", "") == "trouble":
                told |= {one for one in sentences(node.value) if " " in one}
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and path.stem != "file":
                told |= {one for one in sentences(node.exc) if " " in one}
    told -= {"a publisher"}
    assert len(told) > 8
    assert told - known == set()

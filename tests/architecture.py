"""Keep the map of the house true: the tree in docs/ARCHITECTURE.md is made of the modules' first lines.

`python -m tests.architecture` says whether it is true; with `--write` it is made anew.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "ARCHITECTURE.md"
BEGIN, END = "<!-- tree: begin -->", "<!-- tree: end -->"


def tree() -> str:
    """Each module and the first line of its docstring, rooms as headings."""
    package = ROOT / "src" / "quality_creator"
    lines = ["```text"]
    for path in sorted(package.rglob("*.py"), key=_order):
        relative = path.relative_to(package)
        if "versions" in relative.parts:  # each migration says what it does itself
            continue
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if doc is None:
            raise SystemExit(f"{relative}: a module says in its first line what it is for")
        first = doc.splitlines()[0]
        depth = len(relative.parts) - (relative.name == "__init__.py")
        name = relative.name if relative.name != "__init__.py" else f"{path.parent.name}/"
        lines.append(f"{'  ' * depth + name:<28} {first}")
    lines.append("```")
    return "\n".join(lines)


def _order(path: Path) -> tuple[tuple[int, str], ...]:
    parts = path.relative_to(ROOT).parts
    return tuple((0 if part == "__init__.py" else 1, part) for part in parts)


def page_with_tree(text: str) -> str:
    """The page with its tree made anew."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tree()}\n{END}{tail}"


def main() -> None:
    """Compare, or write."""
    text = PAGE.read_text(encoding="utf-8")
    fresh = page_with_tree(text)
    if "--write" in sys.argv:
        PAGE.write_text(fresh, encoding="utf-8")
    elif fresh != text:
        sys.exit(
            "docs/ARCHITECTURE.md: the tree is out of date; "
            "run `.venv/bin/python -m tests.architecture --write`"
        )


if __name__ == "__main__":
    main()

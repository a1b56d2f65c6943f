"""Every character that the demonstration may draw: what its fonts are cut down to."""

from pathlib import Path

_DRAWN = ("axonometry", "edge_banding", "instrument", "laboratory", "overlay", "plant", "tap_bench", "ware")
"""The modules whose words come into the picture."""


def characters() -> str:
    """Printable ASCII, and every other character in the sources of what is drawn."""
    folder = Path(__file__).parent.parent
    sources = [(folder / f"{name}.py").read_text(encoding="utf-8") for name in _DRAWN]
    others = {character for source in sources for character in source if ord(character) > 0xA0}
    return "".join(map(chr, range(32, 127))) + "".join(sorted(others))


if __name__ == "__main__":
    print(characters(), end="")

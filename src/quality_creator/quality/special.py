"""The special functions of scipy, loaded when the first is asked for.

Loading them takes a third of a second, which nobody shall wait for who only starts a hub or asks for help.
"""

from typing import Any


def __getattr__(name: str) -> Any:  # scipy has no types
    """One of `scipy.special`'s functions.

    Raises:
        AttributeError: it has none of that name.
    """
    from scipy import special

    return getattr(special, name)

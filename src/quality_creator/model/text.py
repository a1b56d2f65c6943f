"""Wordings in Chinese and English, and the choice between them."""

from typing import Literal

import msgspec

Language = Literal["zh-Hans", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-Hans", "en")


class Text(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One wording per language."""

    zh: str = msgspec.field(name="zh-Hans")
    en: str

    def pick(self, language: Language) -> str:
        """The wording for a reader of `language`."""
        return self.zh if language == "zh-Hans" else self.en


def negotiate(accept_language: str) -> Language:
    """Which language to speak to a browser that sends this `Accept-Language`.

    Babel's `negotiate_locale` answers `en` to a reader who asks for `zh-CN`; this does not.
    An unreadable quality counts as 0. Without any match the answer is English.

    >>> negotiate("zh-CN,zh;q=0.9,en;q=0.8"), negotiate("de, en;q=0.5"), negotiate("")
    ('zh-Hans', 'en', 'en')
    """
    best: tuple[float, Language] = (0.0, "en")
    for item in accept_language.split(","):
        tag, _, rest = item.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        if primary not in ("zh", "en"):
            continue
        quality = _quality(rest)
        if quality > best[0]:
            best = (quality, "zh-Hans" if primary == "zh" else "en")
    return best[1]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0

"""Errors, by whose fault they are; their words can be said in the reader's language."""

from collections.abc import Callable, Sequence

from quality_creator.model.text import Language, Text

Translate = Callable[[str], str]
"""Gives a message in a language, and what it does not know as it is."""


class Words:
    """Words for people: a template in English, and apart from it what stands in its places.

    Kept apart, a catalogue can translate the template wherever somebody reads it.

    Args:
        template: With values its places are filled as `str.format` does; without any it is said as
            it is, whatever braces stand in it.
        values: A `Text` is said in the reader's language, `Words` and errors of ours in their own
            translation, and several in a row are joined with commas.
    """

    def __init__(self, template: str = "", /, **values: object) -> None:
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.told("en", lambda message: message)

    def told(self, language: Language, translate: Translate) -> str:
        """What they say in a language."""
        words = translate(self.template) if self.template else ""
        if not self.values:
            return words
        return words.format(**{key: _said(value, language, translate) for key, value in self.values.items()})


class QualityCreatorError(Exception):
    """The base of all errors that we raise on purpose; made as `Words` are."""

    def __init__(self, template: str = "", /, **values: object) -> None:
        super().__init__(template)
        self.words = Words(template, **values)

    def __str__(self) -> str:
        return str(self.words)


def _said(value: object, language: Language, translate: Translate) -> object:
    """A value as it stands in a sentence."""
    match value:
        case Words():
            return value.told(language, translate)
        case QualityCreatorError():
            return value.words.told(language, translate)
        case Text():
            return value.pick(language)
        case str() | bytes():
            return value
        case Sequence() | set() | frozenset():
            words = [str(_said(one, language, translate)) for one in value]
            return ("、" if language == "zh-Hans" else ", ").join(words)
    return value


class BadInput(QualityCreatorError):
    """A person asked for something that can't be done; the text says what to do instead."""


class NotFound(BadInput):
    """A person named something that is not there."""


class BadPayload(QualityCreatorError):
    """A machine sent bytes that are not what their protocol says."""


class Unavailable(QualityCreatorError):
    """It can't be done now, and may be done later: a peer is away, a disk is full."""


class Forbidden(QualityCreatorError):
    """Whoever asks may not do this."""


class Conflict(QualityCreatorError):
    """It contradicts what is already so: a name is taken, an episode has ended."""

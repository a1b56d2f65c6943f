"""Errors, by whose fault they are."""


class QualityCreatorError(Exception):
    """The base of all errors that we raise on purpose."""


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

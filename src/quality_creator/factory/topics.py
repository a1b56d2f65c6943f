"""MQTT's topic filters: what `+` and `#` stand for. Pure.

Source: MQTT 3.1.1, 4.7.
"""

from quality_creator.model.errors import BadInput


def check(topic_filter: str) -> None:
    """Refuse what is not a filter.

    Raises:
        BadInput: what is wrong with it, and what is allowed.
    """
    levels = topic_filter.split("/")
    wrong = (
        not topic_filter
        or "\0" in topic_filter
        or len(topic_filter.encode(errors="replace")) > 65_535
        or "#" in levels[:-1]
        or any(len(level) > 1 and ("+" in level or "#" in level) for level in levels)
    )
    if wrong:
        raise BadInput(
            f"{topic_filter!r} is not a topic filter; `+` stands for one whole level and `#`, at the end, "
            "for all that follow: line-1/+/moisture, line-1/#"
        )


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a filter lets a topic through.

    >>> matches("a/+/c", "a/b/c"), matches("a/#", "a"), matches("a/+", "a/b/c"), matches("#", "$SYS/x")
    (True, True, False, False)
    """
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)

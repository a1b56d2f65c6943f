"""What msgspec does not like about somebody's input, in words that can be translated."""

import re

from quality_creator.model.errors import Words

_FORMS: dict[str, Words] = {
    r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`": Words("Expected `{wanted}`, got `{found}`"),
    r"Invalid enum value (?P<value>.+)": Words("Invalid enum value {value}"),
    r"Invalid value (?P<value>.+)": Words("Invalid value {value}"),
    r"Object missing required field `(?P<name>[^`]+)`": Words("Object missing required field `{name}`"),
    r"Object contains unknown field `(?P<name>[^`]+)`": Words("Object contains unknown field `{name}`"),
    r"Expected `str` of length <= (?P<most>\d+)": Words("Expected `str` of length <= {most}"),
    r"Expected `str` of length >= (?P<least>\d+)": Words("Expected `str` of length >= {least}"),
    r"Expected `str` matching regex (?P<form>.+)": Words("Expected `str` matching regex {form}"),
    r"Expected `array` of length <= (?P<most>\d+)": Words("Expected `array` of length <= {most}"),
    r"Expected `array` of length >= (?P<least>\d+)": Words("Expected `array` of length >= {least}"),
    r"Expected `(?P<kind>int|float)` (?P<bound>[<>]=? \S+)": Words("Expected `{kind}` {bound}"),
    r"Input data was truncated": Words("Input data was truncated"),
    r"JSON is malformed: (?P<why>.+)": Words("JSON is malformed: {why}"),
}


def explained(error: Exception) -> Words:
    """A decoder's error as words; what is not known here stays as it is.

    >>> str(explained(ValueError("Expected `int`, got `str` - at `$.items[0].planned_s`")))
    'Expected `int`, got `str` - at `$.items[0].planned_s`'
    """
    words, _, place = str(error).partition(" - at ")
    for pattern, form in _FORMS.items():
        found = re.fullmatch(pattern, words)
        if found is not None:
            said = Words(form.template, **found.groupdict())
            return Words("{what} - at {place}", what=said, place=place) if place else said
    return Words(str(error))

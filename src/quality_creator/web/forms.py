"""What browsers post: the fields of a form."""

from urllib.parse import parse_qs

from starlette.requests import Request

from quality_creator.model.errors import BadInput
from quality_creator.web.api import body


class Form:
    """The fields of a posted form."""

    def __init__(self, text: str) -> None:
        self._fields = parse_qs(text, keep_blank_values=True, max_num_fields=2_000)

    def __call__(self, name: str) -> str:
        """A field's last value; empty when it is not there."""
        return self.every(name)[-1] if name in self._fields else ""

    def every(self, name: str) -> list[str]:
        """All values of a field."""
        return self._fields.get(name, [])


async def form(request: Request) -> Form:
    """The form that a request brings. Raises BadInput when it is none."""
    try:
        return Form((await body(request)).decode())
    except ValueError as error:
        raise BadInput("this is not a form: {error}", error=error) from error


def inside(to: str, otherwise: str = "/me") -> str:
    """A path on this site: `//elsewhere` and `/\\elsewhere` are other hosts to a browser."""
    safe = to.startswith("/") and to[1:2] not in ("/", "\\") and "\\" not in to and to.isprintable()
    return to if safe else otherwise

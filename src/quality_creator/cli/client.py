"""Talk to a running hub as the operator: where it is and with which token comes from the configuration."""

from pathlib import Path
from typing import Any

import msgspec

from quality_creator.config import Config, load
from quality_creator.model.errors import BadInput, Unavailable

CONFIG = Path("quality-creator.toml")


class Operator:
    """The hub's API, with the operator's token."""

    def __init__(self, config: Config) -> None:
        self.address = f"http://{config.hub.host}:{config.hub.port}"
        self._token = token_path(config)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request; the answer decoded.

        Raises:
            BadInput: the hub refuses; its words.
            Unavailable: no hub answers.
        """
        import httpx

        try:
            token = self._token.read_text(encoding="ascii").strip()
        except OSError as error:
            raise Unavailable(
                f"{self._token}: {error.strerror}; has `qc hub` run with this configuration?"
            ) from error
        content = None if body is None else msgspec.json.encode(body)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        try:
            answer = httpx.request(method, self.address + path, content=content, headers=headers, timeout=20)
        except httpx.HTTPError as error:
            raise Unavailable(f"no hub answers at {self.address}: {error}") from error
        decoded = msgspec.json.decode(answer.content) if answer.content else None
        if answer.is_error:
            words = decoded.get("error") if isinstance(decoded, dict) else None
            raise BadInput(words or f"the hub answers {answer.status_code}")
        return decoded

    def fetch(self, path: str, to: Path) -> None:
        """Download a file; it is there when it is complete, and not before.

        Raises:
            BadInput: the hub refuses.
            Unavailable: no hub answers, or the file can't be written.
        """
        import httpx

        spare = to.with_name(to.name + ".part")
        try:
            token = self._token.read_text(encoding="ascii").strip()
            headers = {"authorization": f"Bearer {token}"}
            with httpx.stream("GET", self.address + path, headers=headers, timeout=20) as answer:
                if answer.is_error:
                    raise BadInput(f"the hub answers {answer.status_code} to {path}")
                with spare.open("wb") as file:
                    for block in answer.iter_bytes():
                        file.write(block)
            spare.replace(to)
        except OSError as error:
            raise Unavailable(f"{to}: {error.strerror}") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"no hub answers at {self.address}: {error}") from error


def operator(config: Path) -> Operator:
    """The operator of the hub that this configuration describes."""
    return Operator(load(config))


def token_path(config: Config) -> Path:
    """Where the hub keeps the operator's token."""
    return config.path(config.hub.data) / "operator.token"

"""The demonstration's hand at the hub: the same requests that an operator's tools send."""

import contextlib
from pathlib import Path
from typing import Any

import httpx
import msgspec

from quality_creator.model.errors import BadInput, Conflict, Unavailable
from quality_creator.model.scene import Scene
from quality_creator.model.text import Text


class Operator:
    """The hub's API with the operator's token, which the hub writes into its data folder."""

    def __init__(self, address: str, token_file: Path) -> None:
        self._client = httpx.Client(base_url=address, timeout=30.0)
        self._token_file = token_file

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def ready(self) -> bool:
        """Whether the hub answers."""
        try:
            self._ask("GET", "/api/episodes")
        except Unavailable:
            return False
        return True

    def plan(self, slug: str, *, title: Text, summary: Text, brand: Text, scene: Scene) -> None:
        """Make an episode. Raises Conflict when the slug is taken."""
        self._ask(
            "POST",
            "/api/episodes",
            {"slug": slug, "title": title, "summary": summary, "brand": brand, "scene": scene},
        )

    def slugs_on_air(self) -> list[str]:
        """What is on air now."""
        answer = self._ask("GET", "/api/episodes")
        return [episode["slug"] for episode in answer["episodes"] if episode["state"] == "on-air"]

    def start(self, slug: str) -> None:
        """Put an episode on air."""
        self._ask("POST", f"/api/episodes/{slug}/start")

    def take(self, slug: str, scene: Scene) -> None:
        """Change what is on air."""
        self._ask("POST", f"/api/episodes/{slug}/scene", scene)

    def end(self, slug: str) -> None:
        """End an episode."""
        self._ask("POST", f"/api/episodes/{slug}/end")

    def publish(self, slug: str) -> None:
        """Publish an episode that has ended. Raises Unavailable while the log has not its end."""
        self._ask("POST", f"/api/episodes/{slug}/publish")

    def submit_new(self, document: bytes) -> None:
        """Hand in what an authority signed; that it is there already is no error."""
        with contextlib.suppress(Conflict):
            self._ask("POST", "/api/documents", msgspec.Raw(document))

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        """One request, its answer decoded.

        Raises:
            Conflict, BadInput: the hub refuses, in its words.
            Unavailable: it does not answer, or can't at the moment.
        """
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
        except OSError as error:
            raise Unavailable(f"{self._token_file}: {error.strerror}") from error
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        content = None if body is None else msgspec.json.encode(body)
        try:
            answer = self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise Unavailable(f"no hub answers at {self._client.base_url}: {error}") from error
        if answer.is_success:
            return msgspec.json.decode(answer.content) if answer.content else None
        words = f"the hub answers {answer.status_code} to {method} {path}: {answer.text[:500]}"
        if answer.status_code == httpx.codes.CONFLICT:
            raise Conflict(words)
        if answer.is_server_error:
            raise Unavailable(words)
        raise BadInput(words)

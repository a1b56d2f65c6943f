"""A hub in this process, its application, and visitors of every kind: for tests of who may do what."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from starlette.applications import Starlette

from quality_creator.actions import sessions, signing
from quality_creator.actions.hub import Hub
from quality_creator.actions.ingest import Ingest
from quality_creator.actions.ledger import Ledger
from quality_creator.actions.replay import Replays
from quality_creator.config.load import loads
from quality_creator.model.ids import PersonId, Slug
from quality_creator.model.person import Person, Role, Visitor
from quality_creator.store import people
from quality_creator.store.database import Transaction, open_folder
from quality_creator.store.people import Link
from quality_creator.store.recording import Recordings
from quality_creator.web import app

TOKEN = "the-operators-own-token"


class House:
    """What a test needs of a hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        built = app.build(hub)
        assert isinstance(built, Starlette)
        self.app = built

    def client(
        self, cookie: str | None = None, address: str = "192.0.2.1", **headers: str
    ) -> httpx.AsyncClient:
        """A browser, or a program, at an address."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=(address, 1), raise_app_exceptions=False),
            base_url="http://localhost:8080",
            cookies=None if cookie is None else {"session": cookie},
            headers=headers,
        )

    async def person(self, account: str, *roles: Role, name: str = "") -> Person:
        """Somebody with an account."""
        person = Person(
            id=PersonId(str(uuid.uuid4())),
            account=account,
            name=name or account.title(),
            roles=frozenset(roles),
            made=datetime.now(UTC),
        )
        await self.hub.database.transact(people.add_person, person)
        return person

    async def cookie(self, person: Person) -> str:
        """A session of theirs."""
        return await self._session(sessions.of_person(person, "192.0.2.1"))

    async def link_cookie(self, role: Role, episode: str) -> str:
        """A session of somebody who came by a personal link."""
        now = datetime.now(UTC)
        link = Link(
            id=str(uuid.uuid4()),
            digest=secrets.token_bytes(32),
            purpose="visit",
            name="Wang",
            role=role,
            episode=Slug(episode),
            made=now,
            by="operator",
            until=now + timedelta(hours=1),
        )
        await self.hub.database.transact(people.add_link, link)
        return await self._session(sessions.of_link(link, "192.0.2.1"), link)

    async def _session(self, visitor: Visitor, link: Link | None = None) -> str:
        def act(transaction: Transaction) -> str:
            way = "passkey" if link is None else "link"
            return sessions.begin(transaction, visitor, way, device="a test", before="", link=link)[0]

        return await self.hub.database.transact(act)


@asynccontextmanager
async def house(folder: Path, text: str = "") -> AsyncIterator[House]:
    """A hub that serves nobody but the test."""
    config = loads(text, folder=folder, environment={})
    database = await open_folder(folder / "data")
    try:
        async with asyncio.TaskGroup() as tasks, httpx.AsyncClient() as client:
            recordings = await Recordings.open_(database, folder / "data", "")
            hub = Hub(
                config=config,
                database=database,
                recordings=recordings,
                ingest=await Ingest.open(database, config),
                ledger=await Ledger.open(database, signing.open_keys(config), config, client),
                replays=Replays(database, recordings),
                connectors=(),
                tasks=tasks,
                operator_token=TOKEN,
                rtmp=None,
            )
            yield House(hub)
    finally:
        await database.close()

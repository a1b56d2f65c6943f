"""What a hub is made of, as actions and pages need it."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from quality_creator.actions.air import Air
from quality_creator.actions.challenges import Challenges
from quality_creator.actions.forum import Forum
from quality_creator.actions.ingest import Ingest
from quality_creator.actions.ledger import Ledger
from quality_creator.actions.rehearsal import Rehearsal
from quality_creator.actions.replay import Replays
from quality_creator.actions.restreams import Restreams
from quality_creator.actions.show import Show
from quality_creator.actions.signing import Signatory
from quality_creator.config import Config
from quality_creator.factory.intake import Connector
from quality_creator.media.spare import Spares
from quality_creator.model.ids import Slug
from quality_creator.store.database import Database
from quality_creator.store.recording import Recordings


@dataclass(slots=True)
class Hub:
    """Built by `node`, which owns all of it; actions only use it."""

    config: Config
    database: Database
    recordings: Recordings
    ingest: Ingest
    ledger: Ledger
    replays: Replays
    connectors: Sequence[Connector]
    tasks: asyncio.TaskGroup
    """Owns every episode's task; a bug in one ends the hub loudly."""
    operator_token: str
    rtmp: socket.socket | None
    """The listening socket for cameras that push; None when there are none."""
    signatory: Signatory | None = None
    """Who signs what is on air; None when signing is switched off."""
    air: dict[Slug, Air] = field(default_factory=dict)
    """What is on air now."""
    rehearsals: dict[Slug, Rehearsal] = field(default_factory=dict)
    forums: dict[Slug, Forum] = field(default_factory=dict)
    """Those that somebody asked for; `actions.guests.forum_of` opens them."""
    shows: dict[Slug, Show] = field(default_factory=dict)
    """Those that somebody asked for; `actions.episodes.show_of` opens them."""
    spares: Spares = field(default_factory=Spares)
    """Where media workers are taken from."""
    restreams: dict[Slug, Restreams] = field(default_factory=dict)
    """Of what is on air: where else it goes."""
    challenges: Challenges = field(default_factory=Challenges)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A show is opened once."""

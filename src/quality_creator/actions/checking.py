"""Check the evidence of an episode: what was aired, what was measured, who vouches for it, and since when.

Each check says what it found in words. A check that finds something wrong does not end the others. Needs no
network beyond the source that it is given, and no more than the base installation.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec

from quality_creator.actions.check.case import Case, Check
from quality_creator.actions.check.endorsements import check_endorsements
from quality_creator.actions.check.instruments import check_instruments
from quality_creator.actions.check.log import (
    check_dossier_logged,
    check_freshness,
    check_log,
    check_policy,
    check_progress,
    check_register,
    check_started,
    policy_digest,
)
from quality_creator.actions.check.picture import check_picture, looking
from quality_creator.actions.check.stream import check_as_run, check_measurements, check_segments
from quality_creator.actions.check.table import check_table
from quality_creator.actions.check.timestamps import check_timestamps
from quality_creator.actions.evidence_source import Source
from quality_creator.model.clock import Utc
from quality_creator.model.errors import BadPayload, NotFound
from quality_creator.model.text import Text
from quality_creator.trust import dossier as dossiers
from quality_creator.trust import evidence, timestamp, verdict
from quality_creator.trust.verdict import State


class Half(msgspec.Struct, frozen=True, kw_only=True):
    """One endorsement."""

    id: str
    issuer: str
    name: Text | None
    role: str
    demonstration: bool
    comment: str
    created: Utc | None
    logged: Utc | None
    index: int | None
    valid_until: Utc | None
    state: State
    reasons: tuple[str, ...]


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """An authority that does not vouch for the dossier."""

    issuer: str
    name: Text
    role: str
    index: int
    """Of its entry in the log."""
    reason: str | None
    """None where its words are withheld."""
    created: Utc | None
    endorsed_since: bool
    """Its dissent is past: it endorsed the dossier afterwards."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    target: str
    now: Utc
    state: State
    episode: str
    title: Text | None
    dossier: str
    """digestSRI; empty where there is none."""
    register: str
    """digestSRI of the register that the verdict rests on."""
    policy: str
    """digestSRI of the policy that the verdict rests on."""
    pinned: bool
    """Whether register and policy are the asker's own, and not those that came along."""
    demonstration: bool
    endorsements: tuple[Half, ...]
    dissents: tuple[Against, ...]
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0: it is right. 1: it is not. 2: that can't be told."""
        return {"stands": 0, "fails": 1, "unknown": 2}[self.state]


def check(
    source: Source,
    *,
    target: str,
    now: datetime,
    with_media: bool = True,
    pinned_register: bytes | None = None,
    pinned_policy: bytes | None = None,
    time_authority: bytes | None = None,
) -> Report:
    """Check all that there is.

    Args:
        source: Where the files are.
        target: What the asker calls it.
        now: The verdict is as of this instant.
        with_media: Read the segments, too; without it their digests are only compared with one another.
        pinned_register: The first register that the asker believes, from elsewhere.
        pinned_policy: The policy that the asker believes, from elsewhere.
        time_authority: Certificates (PEM) of the time-stamp authorities that the asker believes.

    Raises:
        Unavailable: the source can't be read now.
        BadPayload: there is no evidence here.
    """
    with ThreadPoolExecutor(max(os.cpu_count() or 1, 2)) as threads:
        case = Case(source, now, threads, with_media)
        try:
            case.index = evidence.decode_index(source.read(evidence.INDEX))
        except NotFound as error:
            raise BadPayload(
                f"{target}: there is no evidence here: {error}. Of an episode it is published after the end."
            ) from error
        _dossier(case)
        check_segments(case)
        place = len(case.checks)
        with looking(case) as look:
            check_register(case, pinned_register)
            check_policy(case, pinned_policy)
            check_log(case)
            for check_one in _checks():
                check_one(case)
            check_timestamps(case, timestamp.authorities(time_authority) if time_authority else ())
            others, case.checks = case.checks[place:], case.checks[:place]
            check_picture(case, look)
            case.checks += others
        return _report(case, target, pinned_register is not None and pinned_policy is not None)


def _checks() -> tuple[Callable[[Case], None], ...]:
    # Numpy and scipy come with them: loaded when the segments are being hashed already.
    from quality_creator.actions.check.charts import check_charts
    from quality_creator.actions.check.draws import check_draws
    from quality_creator.actions.check.remarks import check_remarks

    return (
        check_dossier_logged,
        check_started,
        check_measurements,
        check_progress,
        check_freshness,
        check_charts,
        check_table,
        check_instruments,
        check_as_run,
        check_draws,
        check_remarks,
        check_endorsements,
    )


def _report(case: Case, target: str, pinned: bool) -> Report:
    states: set[State] = {case.judged.state} if case.judged is not None else {"fails"}
    outcomes = {one.outcome for one in case.checks}
    states |= {"fails"} if "wrong" in outcomes else {"unknown"} if "unknown" in outcomes else set()
    state: State = "fails" if "fails" in states else "unknown" if "unknown" in states else "stands"
    accepted = case.accepted
    return Report(
        target=target,
        now=case.now,
        state=state,
        episode=case.index.episode if case.index else "",
        title=case.index.title if case.index else None,
        dossier=dossiers.digest_sri(case.dossier_data) if case.dossier is not None else "",
        register=accepted.digest if accepted is not None else "",
        policy=policy_digest(case),
        pinned=pinned,
        demonstration=accepted is not None and accepted.register.demonstration,
        endorsements=tuple(map(_half, case.judged.judged)) if case.judged is not None else (),
        dissents=tuple(map(_against, case.judged.dissents)) if case.judged is not None else (),
        checks=tuple(case.checks),
    )


def _half(one: verdict.Judged) -> Half:
    made, authority, logged = one.endorsement, one.authority, one.logged
    return Half(
        id=made.id if made else "",
        issuer=made.issuer if made else "",
        name=authority.name if authority else None,
        role=authority.role if authority else "",
        demonstration=authority.demonstration if authority else False,
        comment=made.comment if made else "",
        created=made.created if made else None,
        logged=logged.time if logged else None,
        index=logged.index if logged else None,
        valid_until=made.valid_until if made else None,
        state=one.state,
        reasons=tuple(f"{finding.reason}: {finding.detail}" for finding in one.findings),
    )


def _against(one: verdict.Dissented) -> Against:
    return Against(
        issuer=one.authority.id,
        name=one.authority.name,
        role=one.authority.role,
        index=one.index,
        reason=one.said.reason if one.said else None,
        created=one.said.created if one.said else None,
        endorsed_since=one.endorsed_since,
    )


def _dossier(case: Case) -> None:
    data = case.read(evidence.DOSSIER)
    if data is None:
        return case.say("dossier", "wrong", "there is no dossier")
    try:
        case.dossier = dossiers.decode(data)
    except BadPayload as error:
        return case.say("dossier", "wrong", str(error))
    case.dossier_data = data
    return case.say("dossier", "right", f"{dossiers.digest_sri(data)}")

import contextlib
import itertools
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import checkpoint, policy
from tests.trust.log.strategies import LOG, ORIGIN, WITNESSES, leaf, policy_text, signed, the_policy

ENTRIES = [leaf(number).encode() for number in range(3)]
NAMES = ("committee", "inst01", "inst02", "inst03")
W = {name: str(checkpoint.witness_key(f"{name}.example", private)) for name, private in WITNESSES.items()}


def test_the_quorum_is_the_committee_and_two_of_three() -> None:
    for cosigned in itertools.chain.from_iterable(itertools.combinations(NAMES, n) for n in range(5)):
        enough = "committee" in cosigned and len(cosigned) >= 3
        assert the_policy().holds(cosigned) is enough, cosigned


def test_a_quorum_of_the_committee_and_ten_of_nineteen_institutions_counts_to_ten() -> None:
    names = [f"inst{number:02d}" for number in range(1, 20)]
    lines = [f"witness committee {W['committee']}"]
    for name in names:
        private = Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"!"))
        lines.append(f"witness {name} {checkpoint.witness_key(name, private)}")
    lines += [
        f"group inspection 10 {' '.join(names)}",
        "group double all committee inspection",
        "quorum double",
    ]
    found = policy.parse("".join(f"{line}\n" for line in lines).encode())
    assert found.holds(["committee", *names[9:]])
    assert not found.holds(["committee", *names[10:]])
    assert not found.holds(names)


def test_other_quorums_are_what_they_say() -> None:
    assert the_policy("none").holds([])
    assert the_policy("inst01").holds(["inst01"])
    assert not the_policy("inst01").holds(["inst02"])
    text = policy_text().replace(b"group double all", b"group double any")
    assert policy.parse(text).holds(["committee"])


def test_addresses_and_keys_of_the_witnesses_are_read() -> None:
    found = the_policy()
    assert [one.name for one in found.witnesses] == list(NAMES)
    assert found.witnesses[0].address == "https://committee.example/"
    assert str(found.logs[0]) == str(checkpoint.log_key(ORIGIN, LOG))


@pytest.mark.parametrize(
    ("times", "met"),
    [
        ({"committee": 100, "inst01": 50, "inst02": 70}, 100),
        ({"committee": 10, "inst01": 50, "inst02": 70}, 70),
        ({"committee": 10, "inst01": 50, "inst02": 70, "inst03": 60}, 60),
        ({"committee": 10, "inst01": 50}, None),
        ({"inst01": 50, "inst02": 70, "inst03": 60}, None),
    ],
)
def test_the_time_is_that_at_which_the_quorum_was_first_met(times: dict[str, int], met: int | None) -> None:
    assert the_policy().open(signed(ENTRIES, times).encode()).met_at == met


def test_signatures_of_strangers_are_passed_over_and_a_false_one_of_a_witness_is_not() -> None:
    made = signed(ENTRIES, {"committee": 5, "inst01": 6, "inst02": 7})
    stranger = checkpoint.cosign(made, "stranger.example", LOG, 5)
    assert the_policy().open(made.with_signatures([stranger]).encode()).met_at == 7
    encoded = made.encode()
    other = signed(ENTRIES[:2], {"inst03": 6}).encode().splitlines(keepends=True)[-1]
    with pytest.raises(BadPayload, match="not of this text"):
        the_policy().open(encoded + other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "quorum"),
        ("quorum none", "not ended"),
        ("quorum none\nquorum none\n", "second"),
        ("quorum a\n", "not defined"),
        ("group g all a\nquorum g\n", "not defined"),
        ("group g all\nquorum none\n", "group"),
        ("witness none {committee}\nquorum none\n", "taken"),
        ("witness a {committee}\nwitness a {inst01}\nquorum a\n", "taken"),
        ("witness a {committee}\nwitness b {committee}\nquorum a\n", "there already"),
        ("log {committee}\nquorum none\n", "not one of a log"),
        ("witness a {log}\nquorum a\n", "not one of a witness"),
        ("log {log}\nlog {log}\nquorum none\n", "there already"),
        ("witness a {committee}\ngroup g 2 a\nquorum g\n", "can't be"),
        ("witness a {committee}\ngroup g 0 a\nquorum g\n", "can't be"),
        ("witness a {committee}\ngroup g x a\nquorum g\n", "number"),
        ("witness a {committee}\ngroup g any a a\nquorum g\n", "once"),
        ("witness a {committee}\ngroup g any a\ngroup h any a\nquorum h\n", "once"),
        ("witness a {committee}\ngroup a any a\nquorum a\n", "taken"),
        ("witness a {committee} https://a b\nquorum a\n", "4 words"),
        ("quorum none\r\n", "control"),
        ("quorum\u00a0none\n", "words"),
        ("witness a a+b+c\nquorum a\n", "base64"),
    ],
)
def test_what_is_not_a_policy_is_refused(text: str, words: str) -> None:
    filled = text
    for name, word in {**W, "log": str(checkpoint.log_key(ORIGIN, LOG))}.items():
        filled = filled.replace("{" + name + "}", word)
    with pytest.raises(BadPayload, match=words):
        policy.parse(filled.encode())


def test_names_are_bytes_and_comments_and_spaces_are_free() -> None:
    text = f"  # \u4e2d\n\n\twitness \t\xff {W['committee']}\n quorum \xff \n".encode("latin-1", "replace")
    found = policy.parse(text)
    assert found.holds([found.witnesses[0].name])


@given(st.binary(max_size=200), st.integers(0, 2000), st.integers(0, 60))
def test_any_bytes_are_a_policy_or_are_refused(data: bytes, at: int, cut: int) -> None:
    whole = policy_text()
    for mutated in (data, whole[:at] + data[:3] + whole[at + cut :]):
        with contextlib.suppress(BadPayload):
            policy.parse(mutated)


def test_every_threshold_and_name_of_a_refusal_stands_in_its_text() -> None:
    with pytest.raises(BadPayload, match=re.escape("line 2 of the policy: 'x' is not defined above")):
        policy.parse(b"# nothing\nquorum x\n")

"""On every rail: which events are listed, which are believed, and what is made of nonsense."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from store.gateways.port import BadSignature, ListedEvent, Unavailable
from store.kit import clock
from tests.gateways.benches import Bench
from tests.gateways.checkouts import KINDS, lives_on, make_request, open_it, pay_for


async def list_events(bench: Bench, account_ref: str, since: datetime, types: list[str]) -> list[ListedEvent]:
    """Every page of the list in one."""
    return [one async for page in bench.gateway.list_events(account_ref, since, types) for one in page]


@pytest.mark.parametrize("kind", KINDS)
async def test_events_are_listed_by_account_type_and_time_when_something_happened(bench: Bench, kind: str) -> None:
    before = clock.now() - timedelta(minutes=1)
    ours, theirs = make_request(bench, kind), lives_on(make_request(bench, kind))
    session, _ = await pay_for(bench, ours)
    other = "" if theirs else bench.direct
    types = ["checkout.session.completed", "checkout.session.expired"]

    (listed,) = await list_events(bench, theirs, before, types)

    notice = listed.notice
    assert (notice.type, notice.payment_ref, notice.account) == (types[0], session, theirs)
    assert bench.gateway.read_event(listed.body) == notice
    assert await list_events(bench, theirs, before, types) == [listed]
    assert await list_events(bench, other, before, types) == []
    assert await list_events(bench, theirs, before, types[1:]) == []
    assert await list_events(bench, theirs, clock.now() + timedelta(minutes=1), types) == []


async def test_events_are_listed_newest_first_when_there_are_several(bench: Bench) -> None:
    before = clock.now() - timedelta(minutes=1)
    paid, _ = await pay_for(bench, make_request(bench))
    opened = await open_it(bench, make_request(bench))
    await bench.run_out(opened.ref)

    listed = await list_events(bench, "", before, ["checkout.session.completed", "checkout.session.expired"])

    assert [one.notice.payment_ref for one in listed] == [opened.ref, paid]


async def test_outcome_is_unknown_when_the_list_of_events_is_lost(bench: Bench) -> None:
    await bench.lose("list_events", "before")

    with pytest.raises(Unavailable):
        await list_events(bench, "", clock.now(), ["checkout.session.completed"])


@pytest.mark.parametrize("endpoint", ["account", "connect"])
async def test_event_is_believed_only_when_its_endpoints_secret_signed_these_bytes(bench: Bench, endpoint: str) -> None:
    event_id, headers, body = bench.gateway.sign_probe(endpoint)
    received = {name.lower(): text for name, text in headers.items()}
    other = {"account": "connect", "connect": "account"}[endpoint]

    bench.gateway.verify_event(endpoint, received, body)

    notice = bench.gateway.read_event(body)
    assert (notice.event_id, notice.account, notice.livemode) == (event_id, "", False)
    assert abs(notice.created - clock.wall()) < timedelta(minutes=1)
    for wrong in ((other, received, body), (endpoint, received, body + b" "), (endpoint, {}, body)):
        with pytest.raises(BadSignature):
            bench.gateway.verify_event(*wrong)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"\xff", b'{"id": "evt_1"}'])
async def test_signed_nonsense_has_a_name_of_its_own_when_it_is_read(bench: Bench, body: bytes) -> None:
    first, again, other = (bench.gateway.read_event(read) for read in (body, body, body + b" {"))

    assert first.type == again.type == "unreadable"
    assert first.event_id == again.event_id != other.event_id
    assert (first.resource, first.payment_ref, first.account) == ("", "", "")

"""The world's file: transactions, what is due, reset, restart."""

import pytest

from store.sandbox.kernel.errors import Missing
from store.sandbox.kernel.world import DEMO_PLATFORM, JOBS, World, due_job
from tests.sandbox.api.conftest import Api

THING = {"id": "thing_1", "object": "thing"}


def test_nothing_is_kept_when_a_transaction_fails(api: Api) -> None:
    with pytest.raises(ZeroDivisionError):
        write_and_fail(api)

    with pytest.raises(Missing):
        api.world.get(DEMO_PLATFORM, "thing", "thing_1")
    assert api.world.next_due() is None


def test_place_in_the_list_stays_when_a_document_is_replaced(api: Api) -> None:
    for id in ("thing_1", "thing_2"):
        api.world.put(DEMO_PLATFORM, "thing", {"id": id, "colour": "red"})

    api.world.put(DEMO_PLATFORM, "thing", {"id": "thing_1", "colour": "blue"})

    assert [t["id"] for t in api.world.find(DEMO_PLATFORM, "thing")] == ["thing_2", "thing_1"]
    assert [t["id"] for t in api.world.find(None, "thing", colour="red")] == ["thing_2"]


def test_other_jobs_run_when_one_fails(api: Api) -> None:
    done: list[str] = []

    @due_job("test.job")
    def run(world: World, account: str, id: str) -> None:
        if id == "bad":
            raise RuntimeError("bad job")
        done.append(id)

    for at, id in ((1, "first"), (2, "bad"), (3, "last")):
        api.world.schedule(at, "test.job", DEMO_PLATFORM, id)

    with pytest.raises(RuntimeError, match="bad job"):
        api.world.tick()

    assert done == ["first", "last"]
    assert api.world.next_due() == 2
    del JOBS["test.job"]


def test_world_is_as_seeded_when_it_is_reset(api: Api) -> None:
    vendor = api.vendor(metadata={"vendor": "vera"})
    endpoint = api.v1.webhook_endpoints.create({"url": "http://localhost:8000/", "enabled_events": ["*"]})
    product = api.v1.products.create({"name": "Print"})
    api.world.mark_seeded()
    api.v1.accounts.update(vendor.id, {"metadata": {"vendor": "otto"}})
    api.pay(api.open_session(account=vendor.id, payment_intent_data={"application_fee_amount": 100}).id)
    api.advance(3)

    api.world.reset()

    assert api.v1.accounts.retrieve(vendor.id).metadata["vendor"] == "vera"
    assert api.v1.webhook_endpoints.retrieve(endpoint.id).url == "http://localhost:8000/"
    assert [p.id for p in api.v1.products.list().data] == [product.id]
    assert api.balance() == api.balance(vendor.id) == {}
    assert api.event_types() == api.event_types(vendor.id) == []
    for kind in ("checkout.session", "payment_intent", "charge", "balance_transaction", "application_fee"):
        assert api.world.find(None, kind) == []
    assert api.pay(api.open_session(account=vendor.id).id).kind == "complete"


def test_state_is_there_when_the_sandbox_starts_again(api: Api) -> None:
    session = api.open_session()

    reopened = api.reopen()

    assert reopened.pay(session.id).kind == "complete"


def write_and_fail(api: Api) -> None:
    with api.world.tx():
        api.world.put(DEMO_PLATFORM, "thing", THING)
        with api.world.tx():
            api.world.schedule(0, "thing.job", DEMO_PLATFORM, "thing_1")
        _ = 1 // 0

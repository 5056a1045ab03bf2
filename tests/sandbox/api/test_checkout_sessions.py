"""Checkout Sessions in payment mode: made, looked at, paid, expired."""

from tests.sandbox.api.conftest import Api


def test_session_is_open_and_has_its_page_when_created(api: Api) -> None:
    session = api.open_session(1250, client_reference_id="OP-7K3M9", metadata={"order": "7"})

    assert session.status == "open"
    assert session.payment_status == "unpaid"
    assert session.payment_intent is None
    assert (session.amount_total, session.currency) == (1250, "usd")
    assert session.url == f"http://127.0.0.1:8001/c/pay/{session.id}"
    assert session.client_reference_id == "OP-7K3M9"
    assert session.metadata["order"] == "7"


def test_session_is_complete_and_paid_when_the_card_succeeds(api: Api) -> None:
    session = api.open_session(1250)

    outcome = api.pay(session.id)

    assert outcome.kind == "complete"
    session = api.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge", "line_items"]}
    )
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert session.payment_intent.status == "succeeded"
    assert session.payment_intent.latest_charge.amount_captured == 1250
    assert session.line_items.data[0].description == "Print"
    assert set(api.event_types()) == {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    }

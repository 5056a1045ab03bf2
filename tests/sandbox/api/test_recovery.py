"""The recovery address of an expired session: a new session like the old one, for thirty days, in its account."""

from typing import Any

import pytest

from store.sandbox.stripe.checkout import enter_code
from store.sandbox.stripe.recovery import recover_session
from tests.sandbox.api.conftest import Api
from tests.sandbox.api.test_coupons import TEN, code_for, refused

RECOVERY = {"recovery": {"enabled": True}}
MONTH = 30 * 86400


def expire(api: Api, account: str | None = None, **more: Any) -> Any:
    options: Any = {"stripe_account": account} if account else {}
    session = api.open_session(account=account, **{"after_expiration": RECOVERY, **more})
    return api.v1.checkout.sessions.expire(session.id, {}, options)


def follow(api: Api, expired: Any) -> Any:
    _, session_id, secret = expired.after_expiration.recovery.url.rsplit("/", 2)
    return recover_session(api.world, session_id, secret)


def test_address_is_there_only_when_the_session_expired(api: Api) -> None:
    session = api.open_session(after_expiration=RECOVERY)

    expired = api.v1.checkout.sessions.expire(session.id)

    assert session.after_expiration.recovery.to_dict() == {
        "allow_promotion_codes": False,
        "enabled": True,
        "expires_at": None,
        "url": None,
    }
    recovery = expired.after_expiration.recovery
    assert recovery.url.startswith(f"http://127.0.0.1:8001/c/recover/{session.id}/")
    assert recovery.expires_at == api.world.clock.now() + MONTH
    event = api.v1.events.list({"type": "checkout.session.expired"}).data[0]
    assert event.data.object.after_expiration.recovery.url == recovery.url


def test_no_address_is_made_when_recovery_is_off_or_absent(api: Api) -> None:
    off = expire(api, after_expiration={"recovery": {"enabled": False}})
    plain = api.v1.checkout.sessions.expire(api.open_session().id)

    assert (off.after_expiration.recovery.url, plain.after_expiration) == (None, None)


def test_new_session_is_like_the_old_one_when_the_address_is_followed(api: Api) -> None:
    data = {"application_fee_amount": None, "metadata": {"order": "7"}}
    expired = expire(
        api,
        client_reference_id="OP-1",
        metadata={"order": "7"},
        customer_email="ada@example.com",
        payment_intent_data={key: value for key, value in data.items() if value},
        expires_at=api.world.clock.now() + 1800,
    )
    api.advance(5000)

    found = follow(api, expired)

    session = api.v1.checkout.sessions.retrieve(found["id"], {"expand": ["line_items"]})
    assert session.id != expired.id
    assert (session.status, session.recovered_from, session.amount_total) == ("open", expired.id, 1000)
    assert (session.client_reference_id, session.metadata.to_dict()) == ("OP-1", {"order": "7"})
    assert session.url == f"http://127.0.0.1:8001/c/pay/{session.id}"
    assert session.expires_at == api.world.clock.now() + 1800
    assert [line.description for line in session.line_items.data] == ["Print"]
    assert api.pay(session.id).kind == "complete"
    intent = api.v1.payment_intents.list().data[0]
    assert intent.metadata.to_dict() == {"order": "7"}
    assert api.v1.checkout.sessions.retrieve(expired.id).status == "expired"


def test_same_session_comes_back_when_the_address_is_followed_twice(api: Api) -> None:
    expired = expire(api)

    first, second = follow(api, expired), follow(api, expired)
    api.pay(first["id"])
    third = follow(api, expired)

    assert first["id"] == second["id"] == third["id"]
    assert third["status"] == "complete"


def test_another_session_is_made_when_the_recovered_one_expired_too(api: Api) -> None:
    expired = expire(api, expires_at=api.world.clock.now() + 1800)
    first = follow(api, expired)

    api.advance(1800)

    assert follow(api, expired)["id"] != first["id"]
    assert api.v1.checkout.sessions.retrieve(first["id"]).after_expiration.recovery.url


def test_address_is_dead_when_thirty_days_are_over_or_it_is_wrong(api: Api) -> None:
    expired = expire(api)
    assert recover_session(api.world, expired.id, "guess") is None
    assert recover_session(api.world, "cs_test_unknown", "guess") is None
    assert recover_session(api.world, api.open_session().id, "guess") is None

    api.advance(MONTH)

    assert follow(api, expired) is None


def test_codes_may_be_typed_when_the_recovery_allows_them(api: Api) -> None:
    code_for(api, api.v1.coupons.create(TEN).id, code="BACK")
    allowing = {"recovery": {"enabled": True, "allow_promotion_codes": True}}
    expired = expire(api, after_expiration=allowing)

    session = follow(api, expired)

    assert session["allow_promotion_codes"] is True
    assert enter_code(api.world, session["id"], "back").kind == "complete"
    assert follow(api, expire(api))["allow_promotion_codes"] is False


def test_merchants_discount_is_given_again_and_a_typed_code_is_not(api: Api) -> None:
    coupon = api.v1.coupons.create(TEN)
    code_for(api, coupon.id, code="SPRING")
    given = expire(api, discounts=[{"coupon": coupon.id}])
    session = api.open_session(after_expiration=RECOVERY, allow_promotion_codes=True)
    enter_code(api.world, session.id, "SPRING")
    typed = api.v1.checkout.sessions.expire(session.id)

    again, plain = follow(api, given), follow(api, typed)
    api.v1.coupons.delete(coupon.id)
    gone = follow(api, expire_again(api, again["id"]))

    assert (again["amount_total"], plain["amount_total"], gone["amount_total"]) == (900, 1000, 1000)
    assert api.pay(again["id"]).kind == "closed"


def expire_again(api: Api, id: str) -> Any:
    return api.v1.checkout.sessions.expire(id)


@pytest.mark.parametrize("recovery", [{}, {"allow_promotion_codes": True}])
def test_session_is_refused_when_recovery_does_not_say_whether(api: Api, recovery: Any) -> None:
    error = refused(lambda: api.open_session(after_expiration={"recovery": recovery or {"enabled": "perhaps"}}))

    assert error.param == "after_expiration[recovery][enabled]"

"""PayPal's own client walks orders and payments against a running sandbox, and knows every field that it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from paypalserversdk.api_helper import APIHelper
from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.error_exception import ErrorException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.models.amount_breakdown import AmountBreakdown
from paypalserversdk.models.amount_with_breakdown import AmountWithBreakdown
from paypalserversdk.models.capture_request import CaptureRequest
from paypalserversdk.models.confirm_order_request import ConfirmOrderRequest
from paypalserversdk.models.item_request import ItemRequest
from paypalserversdk.models.money import Money
from paypalserversdk.models.order_authorize_request import OrderAuthorizeRequest
from paypalserversdk.models.order_capture_request import OrderCaptureRequest
from paypalserversdk.models.order_request import OrderRequest
from paypalserversdk.models.order_tracker_request import OrderTrackerRequest
from paypalserversdk.models.patch import Patch
from paypalserversdk.models.payment_source import PaymentSource
from paypalserversdk.models.paypal_wallet import PaypalWallet
from paypalserversdk.models.paypal_wallet_experience_context import PaypalWalletExperienceContext
from paypalserversdk.models.purchase_unit_request import PurchaseUnitRequest
from paypalserversdk.models.reauthorize_request import ReauthorizeRequest
from paypalserversdk.models.refund_request import RefundRequest
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from tests.sandbox.test_run_alone import alone

SECRET = "overprint-secret"
WHOLE = "return=representation"
BACK = "http://localhost:8000/back"


class Client:
    """PayPal's client, pointed at the sandbox, and what only the sandbox can do."""

    def __init__(self, base: str, secret: str = SECRET) -> None:
        self.base = base
        credentials = ClientCredentialsAuthCredentials("overprint", secret)
        made = PaypalServersdkClient(environment=Environment.SANDBOX, client_credentials_auth_credentials=credentials)
        self.orders, self.payments = made.orders, made.payments

    def command(self, **command: Any) -> Any:
        return httpx.post(f"{self.base}/_sandbox/paypal", json=command).raise_for_status().json()

    def create(self, intent: str = "CAPTURE", source: Any = APIHelper.SKIP) -> Any:
        items = [ItemRequest(name="Riso print", quantity="2", unit_amount=Money("USD", "12.00"), sku="print-1")]
        amount = AmountWithBreakdown("USD", "24.00", AmountBreakdown(item_total=Money("USD", "24.00")))
        unit = PurchaseUnitRequest(amount=amount, items=items, custom_id="17", invoice_id="OP-17-1")
        request = OrderRequest(intent=intent, purchase_units=[unit], payment_source=source)
        return known(self.orders.create_order({"body": request, "prefer": WHOLE}))

    def approve(self, order: Any) -> None:
        self.command(action="approve", id=order.id)


def known(answer: Any) -> Any:
    """What the client made of an answer; fails when it lost or changed a field of it."""
    if answer.text:
        lost = list(find_lost(json.loads(answer.text), json.loads(APIHelper.json_serialize(answer.body))))
        assert lost == []
    assert answer.headers["paypal-debug-id"]
    return answer.body


def find_lost(sent: Any, read: Any, at: str = "") -> Iterator[str]:
    """Pointers of what was sent and is not, or not so, in what the client read; it may add its own defaults."""
    if isinstance(sent, dict) and isinstance(read, dict):
        for name, value in sent.items():
            yield from find_lost(value, read.get(name), f"{at}/{name}")
    elif isinstance(sent, list) and isinstance(read, list) and len(sent) == len(read):
        for number, value in enumerate(sent):
            yield from find_lost(value, read[number], f"{at}/{number}")
    elif sent != read:
        yield at


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with alone(Path(tmp_path_factory.mktemp("sandbox"))) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def client(running: str) -> Iterator[Client]:
    servers = Configuration.environments[Environment.SANDBOX]
    usual = servers[Server.DEFAULT]
    servers[Server.DEFAULT] = running
    yield Client(running)
    servers[Server.DEFAULT] = usual


def test_an_order_is_captured_tracked_and_refunded(client: Client):
    order = client.create()
    patch = Patch("replace", "/purchase_units/@reference_id=='default'/invoice_id", "OP-17-2")
    client.orders.patch_order({"id": order.id, "body": [patch]})
    client.approve(order)
    seen = known(client.orders.get_order({"id": order.id}))
    capturing = {"id": order.id, "body": OrderCaptureRequest(), "prefer": WHOLE, "paypal_request_id": f"cap:{order.id}"}
    captured = known(client.orders.capture_order(capturing))
    again = client.orders.capture_order(capturing)
    capture = captured.purchase_units[0].payments.captures[0]
    tracker = OrderTrackerRequest(capture_id=capture.id, tracking_number="AB12", carrier="FEDEX")
    tracked = known(client.orders.create_order_tracking({"id": order.id, "body": tracker}))
    id = tracked.purchase_units[0].shipping.trackers[0].id
    cancelled = [Patch("replace", "/status", "CANCELLED")]
    client.orders.update_order_tracking({"id": order.id, "tracker_id": id, "body": cancelled})
    part = RefundRequest(amount=Money("USD", "4.00"), note_to_payer="Sorry")
    refund = known(client.payments.refund_captured_payment({"capture_id": capture.id, "body": part, "prefer": WHOLE}))
    refunded = known(client.payments.get_captured_payment({"capture_id": capture.id}))
    end = known(client.orders.get_order({"id": order.id}))

    assert (order.status, seen.status, captured.status) == ("CREATED", "APPROVED", "COMPLETED")
    assert (again.status_code, again.body.id) == (200, order.id)
    assert (capture.status, capture.invoice_id, capture.custom_id) == ("COMPLETED", "OP-17-2", "17")
    assert (refund.status, refunded.status) == ("COMPLETED", "PARTIALLY_REFUNDED")
    assert known(client.payments.get_refund({"refund_id": refund.id})).amount.value == "4.00"
    assert end.purchase_units[0].shipping.trackers[0].status == "CANCELLED"
    assert end.purchase_units[0].payments.refunds[0].id == refund.id


def test_an_order_is_confirmed_authorized_and_captured_in_parts(client: Client):
    order = client.create("AUTHORIZE")
    context = PaypalWalletExperienceContext(return_url=BACK, cancel_url=BACK, user_action="PAY_NOW")
    source = PaymentSource(paypal=PaypalWallet(experience_context=context))
    confirmed = known(
        client.orders.confirm_order({"id": order.id, "body": ConfirmOrderRequest(source), "prefer": WHOLE})
    )
    client.approve(order)
    authorizing = {"id": order.id, "body": OrderAuthorizeRequest(), "prefer": WHOLE}
    authorized = known(client.orders.authorize_order(authorizing))
    held = authorized.purchase_units[0].payments.authorizations[0]
    at = {"authorization_id": held.id, "prefer": WHOLE}
    part = CaptureRequest(amount=Money("USD", "10.00"), final_capture=False)
    capture = known(client.payments.capture_authorized_payment(at | {"body": part}))
    after = known(client.payments.get_authorized_payment({"authorization_id": held.id}))
    client.payments.void_payment(at)
    voided = known(client.payments.get_authorized_payment({"authorization_id": held.id}))

    assert confirmed.status == "PAYER_ACTION_REQUIRED"
    assert [link.rel for link in confirmed.links] == ["self", "payer-action"]
    assert (held.status, capture.status) == ("CREATED", "COMPLETED")
    assert (after.status, voided.status) == ("PARTIALLY_CAPTURED", "VOIDED")


def test_a_wallet_with_its_context_gets_the_other_link(client: Client):
    context = PaypalWalletExperienceContext(return_url=BACK, cancel_url=BACK, shipping_preference="NO_SHIPPING")

    order = client.create(source=PaymentSource(paypal=PaypalWallet(experience_context=context)))

    assert order.status == "PAYER_ACTION_REQUIRED"


def test_a_refusal_is_read_with_its_issue_and_debug_id(client: Client):
    order = client.create()

    with pytest.raises(ErrorException) as refused:
        client.orders.capture_order({"id": order.id, "body": OrderCaptureRequest()})
    with pytest.raises(ErrorException) as unknown:
        client.orders.get_order({"id": "5O190127TN364715T"})
    mock = json.dumps({"mock_application_codes": "PAYMENT_DENIED"})
    with pytest.raises(ErrorException) as mocked:
        client.orders.capture_order({"id": order.id, "paypal_mock_response": mock})

    error = refused.value
    assert (error.response_code, error.name) == (422, "UNPROCESSABLE_ENTITY")
    assert [detail.issue for detail in error.details] == ["ORDER_NOT_APPROVED"]
    assert error.debug_id == error.response.headers["paypal-debug-id"]
    assert unknown.value.details[0].issue == "INVALID_RESOURCE_ID"
    assert mocked.value.details[0].issue == "PAYMENT_DENIED"


def test_a_reauthorization_is_refused_when_it_is_too_soon(client: Client):
    order = client.create("AUTHORIZE")
    client.approve(order)
    authorized = client.orders.authorize_order({"id": order.id, "body": OrderAuthorizeRequest(), "prefer": WHOLE}).body
    held = authorized.purchase_units[0].payments.authorizations[0]

    body = ReauthorizeRequest(amount=Money("USD", "24.00"))
    with pytest.raises(ErrorException) as refused:
        client.payments.reauthorize_payment({"authorization_id": held.id, "body": body})

    assert refused.value.details[0].issue == "REAUTHORIZATION_TOO_SOON"


def test_wrong_credentials_are_refused(client: Client):
    other = Client(client.base, "wrong")

    with pytest.raises(Exception, match=r"(?i)authoriz|authentic|token"):
        other.create()

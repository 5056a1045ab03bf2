"""Whatever is asked: an answer or a refusal, never a crash, and no money appears or vanishes."""

import random
import re
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest

from store.sandbox.kernel.spec import request_node
from store.sandbox.stripe.bank_accounts import BANK_ACCOUNTS
from store.sandbox.stripe.checkout import enter_code, pay_by_debit
from store.sandbox.stripe.objects import PREFIXES
from store.sandbox.stripe.resources import ROUTES
from tests.sandbox.api.conftest import EXPRESS, Api

REQUESTS = 600
CARDS = [
    "4242424242424242",
    "4000000000000002",
    "4000002760003184",
    "4000000000007726",
    "4000000000005126",
]
KINDS = {"checkout": "checkout.session"} | {kind + "s": kind for kind in PREFIXES}
ODD = ["", "x", "-1", "true", "0", "99999999999999", "\u00e9"]
TEXTS = ["x", "usd", "http://a.example/c", "pm_card_visa", "pm_card_visa_chargeDeclined"]
NUMBERS = ["0", "1", "5", "50", "100", "1000"]


class Monkey:
    """Sends random requests with supported parameters, often with ids that exist."""

    def __init__(self, api: Api, seed: int) -> None:
        self.api = api
        self.dice = random.Random(seed)
        bank: Any = {"object": "bank_account", "country": "US", "account_number": "000111111116"}
        direct, express = api.vendor(external_account=bank), api.vendor(controller=EXPRESS, external_account=bank)
        self.accounts = [None, None, direct.id, express.id]
        fee = {"application_fee_amount": 100}
        for account, split in ((direct.id, {}), (None, {"transfer_data": {"destination": express.id}})):
            api.pay(api.open_session(account=account, payment_intent_data=fee | split).id)

    def ids(self, kind: str = "") -> list[str]:
        prefix = PREFIXES[kind][0] if kind else ""
        return [id for (id,) in self.api.world.sql("SELECT id FROM documents ORDER BY seq") if id.startswith(prefix)]

    def ask(self) -> int:
        route = self.dice.choice(ROUTES)
        method, template = route.operation.split(" ")
        near = self.ids(KINDS.get(template.split("/")[2], "")) or ["none"]
        path = re.sub(r"{\w+}", lambda _: self.dice.choice(near), template)
        fields: dict[str, str] = {}
        self.fill(request_node(route.operation), "", "", route.supported, fields)
        account = self.dice.choice(self.accounts)
        headers = {"stripe_account": account} if account else {}
        query, body = ("", urlencode(fields)) if method == "POST" else ("?" + urlencode(fields), "")
        status, _, _ = self.api.raw(method, path + query, body, **headers)
        return status

    def live(self) -> None:
        """Let a buyer pay and time pass."""
        sessions = self.ids("checkout.session")
        code = self.api.v1.promotion_codes.list({"limit": 1}).data
        enter_code(self.api.world, self.dice.choice(sessions), code[0].code if code else "none")
        pay_by_debit(self.api.world, self.dice.choice(sessions), self.dice.choice(BANK_ACCOUNTS).number, "Ada")
        self.api.pay(self.dice.choice(sessions), self.dice.choice(CARDS))
        self.api.advance(self.dice.choice([1, 5, 4000]))

    def fill(self, node: Any, shown: str, path: str, supported: frozenset[str], out: dict[str, str]) -> None:
        if node["t"] == "o":
            for name, inner in node["p"].items():
                deeper = f"{path}.{name}" if path else name
                covered = path in supported or any(s == deeper or s.startswith(deeper + ".") for s in supported)
                if covered and name != "expand" and (name in node.get("r", ()) or self.dice.random() < 0.3):
                    below = supported | {deeper} if path in supported else supported
                    self.fill(inner, f"{shown}[{name}]" if shown else name, deeper, below, out)
        elif node["t"] == "a":
            for index in range(self.dice.randint(0, 2)):
                self.fill(node["v"], f"{shown}[{index}]", path, supported, out)
        elif node["t"] == "m":
            for name in self.dice.sample(["a", "b", "_c"], 2):
                out[f"{shown}[{name}]"] = self.dice.choice(["", "1", "x" * 501])
        elif node["t"] == "any" and node["v"]:
            self.fill(self.dice.choice(node["v"]), shown, path, supported, out)
        else:
            out[shown] = self.value(node)

    def value(self, node: Any) -> str:
        if self.dice.random() < 0.05:
            return self.dice.choice(ODD)
        if node["t"] == "i":
            return self.dice.choice([*NUMBERS, str(self.api.world.clock.now() + 3600)])
        if node["t"] == "b":
            return self.dice.choice(["true", "false"])
        return self.dice.choice(node.get("e") or [*TEXTS, *self.dice.sample(self.ids(), 3)])


@pytest.mark.parametrize("seed", range(2))
def test_nothing_crashes_and_money_is_conserved_when_anything_is_asked(api: Api, seed: int) -> None:
    monkey = Monkey(api, seed)
    answers: Counter[int] = Counter()

    for turn in range(REQUESTS):
        answers[monkey.ask()] += 1
        if turn % 20 == 0:
            monkey.live()
    api.advance(10)

    assert set(answers) <= {200, 400, 402, 403, 404}
    assert answers[200] > REQUESTS / 10
    entries = [e for e in api.world.find(None, "balance_transaction") if e["currency"] == "usd"]
    charged = sum(e["amount"] for e in entries if e["type"] == "charge")
    refunded = sum(e["amount"] for e in entries if e["type"] in ("refund", "refund_failure"))
    fees = sum(f["amount"] for e in entries for f in e["fee_details"] if f["type"] == "stripe_fee")
    fees -= sum(e["amount"] for e in entries if e["type"] == "stripe_fee")
    paid_out = -sum(e["amount"] for e in entries if e["type"].startswith("payout"))
    assert charged > 0
    assert sum(e["net"] for e in entries) == charged + refunded - fees - paid_out

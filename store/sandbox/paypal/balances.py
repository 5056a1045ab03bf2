"""What the account has, as PayPal's reports tell it: `GET /v1/reporting/balances`.

`total_balance` is all of a currency, `withheld_balance` what payouts keep back that nothing was decided about yet,
`available_balance` the rest. Here the report is never behind, and knows the present only.
developer.paypal.com/docs/api/transaction-search/v1/#balances
"""

from __future__ import annotations

from store.sandbox.paypal.balance import sum_balances
from store.sandbox.paypal.errors import Issue, PayPalError
from store.sandbox.paypal.objects import CURRENCIES, timestamp, to_value
from store.sandbox.paypal.payout_items import withheld
from store.sandbox.paypal.routing import Answer, Call, Routes

PRIMARY = "USD"


def list_balances(call: Call) -> Answer:
    """Return every balance of the account, or the one of `currency_code`; the primary one is always there."""
    app, wanted = call.app, call.query.get("currency_code", "ALL")
    if wanted != "ALL" and wanted not in CURRENCIES:
        found = Issue("INVALID_PARAMETER_VALUE", "currency_code", wanted, "query", "The value of a field is invalid.")
        raise PayPalError(400, issues=(found,))
    sums = {PRIMARY: 0} | sum_balances(app.world, app.merchant_id)
    balances = []
    for currency, total in sorted(sums.items()):
        kept = withheld(app, currency)
        if wanted in ("ALL", currency):
            balances.append(
                {
                    "currency": currency,
                    **({"primary": True} if currency == PRIMARY else {}),
                    "total_balance": to_value(total, currency),
                    "available_balance": to_value(total - kept, currency),
                    "withheld_balance": to_value(kept, currency),
                }
            )
    now = timestamp(call.now)
    return Answer(
        body={"balances": balances, "account_id": app.merchant_id, "as_of_time": now, "last_refresh_time": now}
    )


ROUTES: Routes = (("GET", "/v1/reporting/balances", "balances.list", list_balances),)

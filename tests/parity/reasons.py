"""Why a test of the contract suite does not run on a rail: what is asked there instead, or why nothing is.

Invariant: a reason is true of each test it stands for. Whole files are reasoned about only where one sentence is.
"""

from __future__ import annotations

ONLY_PAYPAL = "the rail in memory is that of accounts"
NO_ACCOUNT = "the platform is paid: no vendor's account is asked anything when somebody pays"
NO_VOID = "PayPal cannot void a CAPTURE order by API: one that is abandoned is never captured"
NO_CAPTURE = "Stripe takes the money itself when the buyer pays: nothing is left to capture"
NO_ADDRESS = "Stripe is given no address"
EVERY = "test_contract_every_rail.py::test_"
# Why a file of the suite does not run on a rail.
OF_FILES = {
    ("test_contract_accounts.py", "paypal"): "PayPal's vendors have no accounts with us, only an address",
    ("test_contract_transfers.py", "paypal"): "shares go out by Payouts: `test_contract_payouts.py`",
    ("test_contract_discounts.py", "paypal"): "there are no coupons: what a code takes off is a part of the amount",
    ("test_contract_payouts.py", "stripe"): "shares go out by transfers: `test_contract_transfers.py`",
    ("test_contract_deliveries.py", "fake"): ONLY_PAYPAL,
    ("test_contract_payouts.py", "fake"): ONLY_PAYPAL,
    ("test_contract_paypal.py", "fake"): ONLY_PAYPAL,
}
# The rail that a file of the suite leaves out, test by test: another test of the suite, which runs there, or words.
LEFT_OUT = {
    "test_contract.py": "paypal",
    "test_contract_refunds.py": "paypal",
    "test_contract_events.py": "paypal",
    "test_contract_deliveries.py": "stripe",
    "test_contract_paypal.py": "stripe",
}
OF_TESTS = {
    "test_contract.py": {
        "session_is_open_and_ours_when_it_was_opened": EVERY + "checkout_is_open_and_ours_when_it_was_opened",
        "same_session_is_the_answer_when_the_key_is_the_same": EVERY
        + "same_checkout_is_the_answer_when_the_same_text_goes_out_under_the_same_key",
        "one_session_is_made_when_the_same_frozen_text_is_sent_twice": EVERY
        + "same_checkout_is_the_answer_when_the_same_text_goes_out_under_the_same_key",
        "outcome_is_unknown_when_the_key_comes_with_another_body": "the first order of a key is the answer, whatever"
        " the body: `tests/sandbox/paypal/test_repeat_request.py`",
        "money_is_where_it_belongs_when_it_is_paid": EVERY + "payment_is_told_whole_when_it_is_paid",
        "vendor_settles_the_charge_when_the_request_says_on_whose_behalf": NO_ACCOUNT,
        "session_stays_open_and_says_why_when_a_try_was_declined": EVERY
        + "checkout_stays_payable_when_a_try_was_declined",
        "session_is_over_when_its_time_is_up": EVERY + "checkout_is_over_when_its_time_is_up",
        "open_session_is_closed_when_we_want_it_closed": NO_VOID,
        "paid_session_cannot_be_closed_when_we_come_too_late": NO_VOID,
        "payments_are_found_by_our_id_when_the_reference_is_lost": "PayPal lists no orders: a lost answer is asked for"
        " again under its key",
        "outcome_is_unknown_and_found_out_when_an_answer_is_lost": EVERY
        + "outcome_is_unknown_and_found_out_when_an_answer_is_lost",
        "outcome_is_unknown_when_a_question_is_not_answered": EVERY
        + "outcome_is_unknown_when_a_question_is_not_answered",
        "request_was_wrong_when_the_provider_knows_no_such_thing": EVERY
        + "request_was_wrong_when_the_provider_knows_no_such_capture",
        "buyer_is_told_when_the_amount_is_too_small": "PayPal names no least amount; nothing at all is refused before"
        " it is sent: `tests/gateways/test_paypal_orders.py`",
    },
    "test_contract_refunds.py": {
        "parts_of_a_charge_are_known_when_it_has_settled": EVERY
        + "what_the_provider_keeps_is_known_when_the_money_has_settled",
        "everything_goes_back_once_when_it_is_asked_for_twice": EVERY
        + "everything_goes_back_once_when_it_is_asked_for_twice",
        "refund_is_refused_when_it_is_more_than_is_left": EVERY + "refund_is_refused_when_it_is_more_than_is_left",
        "capture_is_found_in_its_own_account_only_when_it_is_direct": NO_ACCOUNT,
    },
    "test_contract_events.py": {
        "events_are_listed_by_account_type_and_time_when_something_happened": EVERY
        + "events_are_listed_by_type_and_time_when_something_happened",
        "events_are_listed_newest_first_when_there_are_several": "test_contract_deliveries.py"
        "::test_listed_events_are_those_that_were_delivered",
        "outcome_is_unknown_when_the_list_of_events_is_lost": EVERY
        + "outcome_is_unknown_when_the_list_of_events_is_lost",
        "event_is_believed_only_when_its_endpoints_secret_signed_these_bytes": "test_contract_deliveries.py"
        "::test_delivery_is_refused_when_the_sandbox_gives_it_a_flaw",
        "signed_nonsense_has_a_name_of_its_own_when_it_is_read": EVERY
        + "signed_nonsense_has_a_name_of_its_own_when_it_is_read",
    },
    "test_contract_deliveries.py": {
        "deliveries_are_believed_and_lead_to_the_payment_when_the_sandbox_sends_them": "test_contract_events.py"
        "::test_event_is_believed_only_when_its_endpoints_secret_signed_these_bytes",
        "delivery_is_refused_when_the_sandbox_gives_it_a_flaw": "test_contract_events.py"
        "::test_event_is_believed_only_when_its_endpoints_secret_signed_these_bytes",
        "paypal_itself_confirms_a_delivery_when_it_is_asked": "Stripe confirms no delivery by a call",
        "listed_events_are_those_that_were_delivered": "test_contract_events.py"
        "::test_events_are_listed_by_account_type_and_time_when_something_happened",
        "deliveries_are_believed_when_paypal_signs_with_another_certificate": "Stripe signs with an endpoint's secret:"
        " there are no certificates",
    },
    "test_contract_paypal.py": {
        "nothing_moves_when_the_buyer_has_only_approved": NO_CAPTURE,
        "one_capture_is_made_when_it_is_asked_for_by_any_key": NO_CAPTURE,
        "same_order_is_paid_another_way_when_the_first_was_declined": EVERY
        + "checkout_stays_payable_when_a_try_was_declined",
        "money_is_on_its_way_until_the_bank_has_decided": "a bank's days are asked of the shop:"
        " `tests/payments/test_bank_debit.py`",
        "buyer_is_led_to_paypal_when_the_approval_is_missing_or_not_enough": NO_CAPTURE,
        "checkout_is_over_when_its_time_was_up_before_the_capture": EVERY + "checkout_is_over_when_its_time_is_up",
        "checkout_is_over_when_paypal_denies_it": NO_CAPTURE,
        "money_was_taken_once_when_the_answer_of_the_capture_was_lost": NO_CAPTURE,
        "outcome_is_unknown_when_the_capture_never_arrived": NO_CAPTURE,
        "calls_go_on_when_the_token_was_revoked_or_is_over": "Stripe's key goes with each call: no token ends",
        "tracking_number_is_with_the_order_once_when_it_is_told_twice": "Stripe has no such call",
        "address_and_lines_are_at_paypal_as_they_were_sent": f"{NO_ADDRESS}, and adds its lines up itself",
        "digital_goods_are_sold_without_an_address": NO_ADDRESS,
        "refund_made_at_paypal_is_found_and_is_not_ours": "asked of the shop:"
        " `e2e/journeys/test_refund_at_provider.py`",
        "refund_is_known_by_its_own_id_and_only_to_its_capture": "a charge's refunds are listed at Stripe: none is"
        " asked for alone",
        "refund_waits_for_a_bank_and_ends_as_it_says": "asked of the shop: `tests/refunds/test_pending_refund.py`",
    },
}


def find_reason(file: str, function: str, rail: str) -> str:
    """Return why a test does not run on a rail: the id of another test, or words. KeyError where nobody said."""
    if LEFT_OUT.get(file) == rail:
        return OF_TESTS[file][function.removeprefix("test_")]
    return OF_FILES[file, rail]

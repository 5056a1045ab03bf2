"""The fault matrix: what may go wrong, what must happen then, and which tests make it go wrong.

`python -m tests.faults.rows` writes it, with the doctor's invariants, into `docs/reliability.md`. A row that is not
here concerns what this shop does not have (another database, another provider, subscriptions, disputes, payouts).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from store.doctor.books import COMPARISONS
from store.doctor.invariants import INVARIANTS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "reliability.md"
INTRO = """# What must never go wrong, and how we know

This page is generated from `tests/faults/rows.py` and `store/doctor/`: `.venv/bin/python -m tests.faults.rows` writes
it anew, and a test fails when it is out of date.

## Invariants

`python -m store doctor` asks for each of these and names the row and the next step; in a demo it also compares our rows
with the sandbox's own books ("at the provider"). After every test that moves money the world is brought to rest and all
of them are asked for (`tests/invariants.py`); a test that breaks one on purpose says which and why
(`leaves_broken`).

| | must hold |
|---|---|
"""
FAULTS = """
## Faults

Each row names the tests that make it happen. Numbers that are missing concern what this shop does not have (another
database, another provider, subscriptions, disputes, payouts).

For row 27 each commit (`store/kit/db.py`) and each call to a provider (`store/gateways`) counts two passes, before and
after: a process of a demo that is started with `CRASH_AT=n` ends at the n-th as if it had been killed. A shop that is
no demo refuses to start so.

| # | what goes wrong | what must happen | tests |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """One fault. `tests` are ids as pytest writes them, without parameters."""

    number: int
    fault: str
    must: str
    tests: tuple[str, ...]


def row(number: int, fault: str, must: str, *tests: str) -> Row:
    """A row whose tests are named without `test_` and `.py`: `payments/sweep::looks_grow…`."""
    return Row(number, fault, must, tuple(_spell(test) for test in tests))


def _spell(short: str) -> str:
    file, _, name = short.partition("::")
    folder, _, stem = file.rpartition("/")
    root = "" if folder.startswith("e2e") else "tests/"
    return f"{root}{folder}/test_{stem}.py::test_{name}"


ROWS = (
    row(
        *(1, "webhook lost for ever", "the sweep finds it, by the attempt's age"),
        "payments/sync_payment::sweep_confirms_when_neither_webhook_nor_buyer_comes",
        "e2e/journeys/webhook_lost::sweep_confirms_when_webhook_is_dropped_for_ever",
        "refunds/sweep_refunds::refund_is_found_when_every_event_was_lost",
    ),
    row(
        *(2, "webhook ten times at once", "one is applied, all are answered 200"),
        "webhooks/receive::event_is_stored_once_when_it_comes_ten_times_at_once",
        "payments/sync_payment::one_effect_when_each_event_comes_ten_times",
    ),
    row(
        *(3, "webhooks in another order", "the provider's truth decides; what is not known yet waits"),
        "webhooks/process::state_is_the_same_when_events_come_in_any_order",
        "webhooks/process::fee_waits_for_the_provider_when_its_message_comes_too_early",
    ),
    row(
        *(4, "webhook late by minutes or days", "the page says so and polls; the late one changes nothing"),
        "payments/sync_payment::webhook_changes_nothing_when_the_return_was_first",
        "orders/poll::page_says_that_it_takes_longer_when_thirty_seconds_have_passed",
        "e2e/journeys/webhook_late::return_visit_confirms_once_when_webhook_is_late",
    ),
    row(
        *(5, "webhook forged", "400, nothing is stored, it is counted"),
        "webhooks/receive::nothing_is_stored_when_the_signature_is_bad",
        "webhooks/receive::nothing_is_stored_when_another_scheme_carries_the_signature",
        "webhooks/receive::refused_deliveries_are_counted_when_the_signature_is_bad",
        "webhooks/verify::forged_header_is_refused_when_anything_of_it_is_changed",
        "webhooks/verify::body_is_refused_when_one_byte_is_changed",
    ),
    row(
        *(6, "webhook too old or from the future", "refused; accepted when signed again"),
        "webhooks/receive::time_decides_when_the_signature_is_old_or_from_the_future",
        "webhooks/receive::same_event_is_accepted_when_it_is_signed_again",
    ),
    row(
        *(
            7,
            "other secret, other mode, unknown account",
            "refused, or kept and never applied; two secrets while rotating",
        ),
        "webhooks/receive::nothing_is_stored_when_the_secret_is_the_other_endpoints",
        "webhooks/receive::both_secrets_count_when_one_is_being_rotated",
        "webhooks/receive::event_is_stored_and_never_applied_when_it_is_of_another_world",
    ),
    row(
        *(9, "right signature, foreign amount, order, currency or account", "never paid; a person is asked"),
        "payments/judge::order_is_not_paid_and_a_person_is_asked_when_something_differs",
        "webhooks/process::nothing_is_applied_when_the_event_speaks_of_somebody_elses_object",
    ),
    row(
        *(10, "event of an unknown type or a newer version", "200, kept; a hint like any other, or ignored"),
        "webhooks/process::event_is_ignored_when_nobody_handles_its_type",
        "faults/buyer_vanishes::newer_event_is_a_hint_like_any_other_when_its_version_is_unknown",
    ),
    row(
        *(11, "our endpoint or its database is down", "5xx, so that it is sent again; missed events are listed"),
        "webhooks/receive::provider_is_told_to_come_again_when_the_database_is_away",
        "webhooks/receive::order_is_paid_when_the_message_came_while_the_database_was_away",
        "webhooks/backfill::missed_events_are_fetched_when_the_endpoint_was_switched_off",
    ),
    row(
        *(12, "the buyer never returns", "the webhook alone confirms"),
        "payments/sync_payment::order_is_paid_when_the_buyer_never_returns",
        "e2e/journeys/browser_closed::webhook_confirms_when_browser_is_closed_after_paying",
    ),
    row(
        *(13, "the buyer is faster than the webhook", "the return confirms by the same verb"),
        "payments/return_visit::buyer_sees_paid_at_once_when_the_return_is_first",
        "payments/return_visit::unknown_session_is_found_when_the_buyer_comes_back_before_our_own_answer",
    ),
    row(
        *(14, "return, webhook, poll and sweep at once", "one winner; the naive twin acts more than once"),
        "payments/sync_payment::one_effect_when_fifty_confirm_through_all_doors_at_once",
        "payments/sync_payment::naive_twin_acts_more_than_once_when_fifty_confirm_at_once",
    ),
    row(
        *(15, "the return is opened by somebody else", "nothing changes, nothing personal without the link"),
        "payments/return_visit::nothing_changes_when_the_return_is_opened_again_by_somebody_else",
    ),
    row(
        *(16, "the return names another order's session", "not found"),
        "payments/return_visit::another_persons_session_opens_nothing_when_it_is_given",
        "payments/return_visit::nothing_opens_when_the_session_id_is_forged_or_missing",
        "e2e/journeys/forged_keys::return_opens_nothing_when_session_is_another_orders",
    ),
    row(
        *(17, "the return is opened without paying", "the order stays unpaid"),
        "payments/return_visit::order_stays_unpaid_when_the_return_address_is_opened_without_paying",
    ),
    row(
        *(18, "time-out before the effect", "the same request under the same key: one effect"),
        "payments/complete_attempt::same_request_goes_out_again_when_the_buyer_tries_again",
        "gateways/call::outcome_is_unknown_when_every_try_times_out",
    ),
    row(
        *(19, "time-out after the effect", "the key brings the first result; who died is completed"),
        "payments/complete_attempt::buyer_notices_nothing_when_one_answer_is_lost",
        "payments/complete_attempt::sweep_finds_out_when_nobody_comes_back",
        "refunds/give_back::money_goes_back_once_when_the_answer_is_lost",
        "e2e/journeys/lost_answer::same_order_goes_on_when_buyer_tries_again",
    ),
    row(
        *(20, "the answer is cut, half, HTML, packed or endless", "unknown, as when it is lost"),
        "faults/provider_babbles::same_order_goes_on_when_the_answer_to_checkout_is_nonsense",
        "faults/provider_babbles::order_is_not_given_up_when_the_answer_to_a_look_is_nonsense",
        "faults/provider_babbles::money_goes_back_once_when_the_answer_to_a_refund_is_nonsense",
        "gateways/call::reading_stops_when_an_answer_is_too_large",
        "gateways/call::answer_is_not_unpacked_when_it_comes_packed",
    ),
    row(
        *(21, "409: the key is in use", "unknown; later the same key again, then a look"),
        "gateways/call::error_has_one_of_three_meanings_when_the_provider_answers_badly",
        "gateways/call::same_request_goes_out_again_when_an_answer_is_lost",
        "payments/complete_attempt::one_session_is_adopted_when_many_doors_find_out_at_once",
    ),
    row(
        *(22, "429", "wait with jitter, then the same request; the breaker stays closed"),
        "gateways/pace::same_request_goes_out_again_after_a_wait_when_the_provider_says_429",
        "gateways/pace::wait_is_what_the_provider_asked_for_when_it_says_how_long",
        "gateways/pace::waits_differ_when_many_are_told_to_slow_down_at_once",
        "gateways/breaker::breaker_stays_closed_when_the_provider_answers_unkindly",
    ),
    row(
        *(23, "a 500 is stored under the key", "look by our id; a new key only when nothing was made"),
        "payments/look_for_attempt::key_is_left_when_the_provider_has_stored_a_failure_under_it",
        "refunds/give_back::money_goes_back_once_when_the_provider_has_stored_a_failure_under_the_key",
    ),
    row(
        *(24, "the key is older than a day", "never sent again blindly"),
        "payments/look_for_attempt::request_is_never_sent_blindly_when_its_key_is_older_than_a_day",
        "refunds/give_back::money_goes_back_once_when_the_key_has_been_forgotten",
    ),
    row(
        *(25, "the provider is down", "pages stay open, checkout says so, the queue drains after"),
        "gateways/breaker::breaker_opens_and_nothing_is_sent_when_a_provider_is_down",
        "gateways/breaker::breaker_closes_when_its_probe_is_answered",
        "payments/start_payment::buyer_is_told_to_try_again_when_the_provider_does_not_answer",
        "e2e/journeys/provider_down::shop_stays_open_and_order_goes_on_when_provider_is_back",
        "payments/outage::buyer_is_told_to_try_again_and_loses_nothing_when_stripe_is_down_and_up_again",
        "payments/outage::messages_are_kept_and_their_tries_not_used_up_when_stripe_is_down_for_half_an_hour",
    ),
    row(
        *(26, "the provider is slow", "no connection is held while it is asked; other pages answer"),
        "faults/database_breaks::nothing_of_the_shop_waits_for_the_database_inside_a_call_to_the_provider",
        "payments/outside_transactions::every_call_is_made_outside_when_things_are_bought_canceled_swept_and_given_back",
        "gateways/call::wait_for_a_turn_counts_when_the_provider_has_gone_silent",
        "payments/slow_provider::pages_are_answered_and_no_connection_is_held_when_many_checkouts_wait",
    ),
    row(
        *(27, "a process dies at any commit or call", "another goes on; every invariant holds, one effect"),
        "faults/crash_anywhere::checkout_goes_on_when_the_process_dies_anywhere",
        "faults/crash_anywhere::payment_is_applied_once_when_the_process_dies_anywhere",
        "faults/crash_anywhere::money_goes_back_once_when_the_process_dies_anywhere",
        "faults/crash_anywhere::order_expires_once_when_the_process_dies_anywhere",
    ),
    row(
        *(28, "a process dies while migrating", "all or nothing, and the next start completes it"),
        "faults/die_starting::tables_are_whole_or_untouched_when_migrating_died_at_any_commit",
    ),
    row(
        *(29, "SIGTERM while working", "finished within the grace, or resumed by another; no slot is lost"),
        "faults/processes_part::work_in_hand_is_finished_when_a_worker_is_told_to_stop",
        "faults/processes_part::work_is_resumed_when_a_worker_had_to_go_before_the_provider_answered",
        "kit/transaction::slots_come_back_when_requests_are_cancelled",
    ),
    row(
        *(30, "the database's backend is killed inside a transaction", "tried again in a fresh task, once"),
        "faults/database_breaks::payment_is_confirmed_once_when_its_backend_is_killed_inside_the_transaction",
        "kit/transaction::task_goes_on_when_its_connection_was_lost",
    ),
    row(
        *(31, "the connection is lost during COMMIT", "run again; both outcomes end in one effect"),
        "faults/database_breaks::payment_is_confirmed_once_when_the_connection_is_lost_during_its_commit",
        "faults/database_breaks::one_order_is_placed_when_the_connection_is_lost_during_a_commit_of_checkout",
    ),
    row(
        *(32, "deadlock, serialization failure, lock time-out", "a few tries with jitter; locks in one order"),
        "catalogue/hold_stock::nobody_deadlocks_when_carts_name_the_same_goods_in_other_orders",
        "payments/lock_order::nothing_later_is_locked_when_an_earlier_row_is_waited_for",
        "kit/retrying::both_succeed_when_two_deadlock",
        "kit/retrying::last_error_leaves_when_it_never_gets_better",
    ),
    row(
        *(34, "every connection is taken", "503 after two seconds, and all is well after"),
        "faults/database_breaks::visitor_is_asked_to_wait_when_every_slot_is_taken_and_let_in_after",
    ),
    row(
        *(38, "clocks differ, or leap back", "the provider decides what is over; nothing is undone"),
        "faults/processes_part::goods_are_kept_until_the_provider_says_so_when_a_workers_clock_is_wrong",
        "faults/processes_part::nothing_is_undone_when_the_clock_leaps_back",
        "webhooks/receive::time_is_wall_time_when_the_demos_clock_was_moved",
    ),
    row(
        *(40, "two tabs pay the same order", 'one session, or "already paid"'),
        "payments/start_payment::same_order_and_session_when_the_same_form_comes_ten_times_at_once",
        "payments/pay_again::one_new_attempt_opens_when_many_want_to_pay_again_at_once",
        "e2e/journeys/two_tabs::both_tabs_lead_to_one_payment_page_when_they_say_the_same",
    ),
    row(
        *(42, "the cart changes in another tab while paying", "nobody pays a total that the page did not show"),
        "payments/start_payment::nothing_is_paid_that_the_page_did_not_show_when_another_tab_has_ordered_more",
        "payments/start_payment::older_order_is_cancelled_first_when_what_is_ordered_has_changed",
        "e2e/journeys/two_tabs::older_payment_page_is_closed_when_second_tab_sends_elsewhere",
    ),
    row(
        *(43, "a price changes while paying", "the order keeps its price; the cart shows the new one"),
        "payments/start_payment::price_is_the_snapshot_when_it_changes_while_paying",
        "e2e/journeys/changed_cart::new_price_is_paid_when_buyer_has_accepted_it",
    ),
    row(
        *(44, "many want the last ones", "exactly the stock is sold; losers are told before paying"),
        "catalogue/hold_stock::exactly_the_stock_is_promised_when_400_buyers_want_100_items",
        "catalogue/hold_stock::naive_twin_oversells_when_400_buyers_want_100_items",
        "payments/check_out::one_buyer_gets_the_last_ones_when_eight_want_them_at_once",
        "payments/start_payment::loser_is_told_before_paying_when_the_last_one_is_held",
    ),
    row(
        *(48, "a code takes all of it", "paid without the provider; stock and mail as usual"),
        "payments/free_order::order_is_paid_without_a_provider_when_a_code_covers_all",
        "payments/free_order::same_order_is_the_answer_when_a_free_form_is_sent_twice",
        "cart/apply_code::total_of_zero_is_no_obstacle_when_a_code_covers_all",
    ),
    row(
        *(49, "a code is raced, used up, or ends in between", "its uses never exceed the limit; refused in words"),
        "promotions/use_code::code_is_used_as_often_as_it_may_be_when_a_hundred_want_it_at_once",
        "promotions/use_code::naive_twin_gives_a_code_away_too_often_when_a_hundred_want_it_at_once",
        "promotions/use_code::address_uses_a_code_once_when_it_tries_a_hundred_times_at_once",
        "promotions/use_code::use_is_refused_when_the_window_closed_after_the_cart_was_looked_at",
        "cart/apply_code::second_code_takes_the_place_of_the_first_when_both_would_fit",
        "e2e/journeys/promotion::slower_buyer_is_told_when_the_last_use_is_gone",
    ),
    row(
        *(50, "tampered quantity, price, currency, seller", "refused in words; the server computes"),
        "cart/add_to_cart::quantity_is_refused_in_words_when_tampered_with",
        "cart/add_to_cart::form_is_refused_when_it_brings_a_price",
        "cart/change_line::quantity_is_refused_beside_its_line_when_tampered_with",
        "payments/start_payment::nothing_is_ordered_when_a_form_brings_its_own_amount",
    ),
    row(
        *(56, "paid after the order's time", "taken when the goods can be held, else given back in full"),
        "payments/late_payment::late_payment_is_taken_when_the_goods_can_still_be_held",
        "payments/late_payment::everything_goes_back_when_the_goods_are_gone",
        "payments/late_payment::money_goes_back_once_when_every_door_finds_the_late_payment_at_once",
        "e2e/journeys/late_payment::everything_is_given_back_when_stock_is_gone",
        "payments/expiry_race::payment_counts_when_it_was_made_in_the_last_second",
    ),
    row(
        *(57, "canceled while paying", "whoever was first at the provider counts"),
        "payments/cancel_order::payment_counts_when_it_comes_between_the_look_and_the_expiry",
        "payments/cancel_order::one_side_wins_when_paying_and_canceling_meet",
    ),
    row(
        *(61, "the bank's question is never answered", "open, then expired; the goods go back"),
        "faults/buyer_vanishes::stock_goes_back_when_the_banks_question_is_never_answered",
        "e2e/journeys/three_d_secure::buyer_can_pay_otherwise_when_challenge_fails",
    ),
    row(
        *(62, "declined, declined, paid", "one settling capture"),
        "payments/pay_again::one_settling_capture_when_two_declines_come_before_success",
        "e2e/journeys/pay_after_decline::order_turns_paid_once_when_second_card_is_accepted",
    ),
    row(
        *(63, "the bank answers days later", "both answers count; the goods are kept until the long deadline"),
        "payments/delayed::order_is_paid_when_the_bank_says_yes_days_later",
        "payments/delayed::goods_are_kept_until_the_long_deadline_when_the_bank_is_silent",
        "payments/delayed::buyer_has_time_to_try_again_when_the_bank_says_no_days_later",
        "e2e/journeys/bank_debit::order_turns_paid_when_bank_agrees_days_later",
        "payments/bank_debit::order_is_processing_and_then_paid_when_the_bank_says_yes_days_later",
    ),
    row(
        *(65, "the form is sent twice", "the second one gets the first one's answer"),
        "payments/start_payment::same_order_and_session_when_the_same_form_comes_twice",
        "payments/start_payment::buyer_comes_to_the_paid_order_when_the_form_is_sent_again_after_paying",
        "e2e/journeys/double_click::one_order_is_placed_when_continue_is_clicked_twice",
        "e2e/journeys/back_after_paying::nothing_is_paid_twice_when_buyer_goes_back",
    ),
    row(
        *(66, "the session is lost in the middle", "the link of the order is enough; no stock is orphaned"),
        "faults/buyer_vanishes::order_is_at_its_link_and_no_stock_orphaned_when_every_cookie_is_lost",
        "payments/check_out::nothing_is_ordered_when_the_form_comes_without_its_cart",
    ),
    row(
        *(67, "a worker is away, or two work, or one freezes and wakes", "leases and fencing: each thing once"),
        "faults/processes_part::money_goes_back_once_when_a_worker_freezes_past_its_lease_and_wakes",
        "kit/queue::result_is_not_written_when_a_zombie_wakes_up",
        "webhooks/process::event_is_applied_once_when_two_workers_work",
        "webhooks/process::no_event_is_lost_when_the_shop_was_away_while_things_happened",
    ),
    row(
        *(68, "one event or operation never works", "parked with an alarm; the others flow"),
        "webhooks/process::others_are_applied_and_the_bad_one_is_parked_when_one_never_works",
        "workers/run_operations::operation_waits_longer_each_time_and_is_parked_at_last",
        "doctor/checks::operation_is_named_when_it_was_given_up",
    ),
    row(
        *(69, "all that was held up comes at once", "a few at a time; who is there now is served meanwhile"),
        "faults/crowd::buyer_is_served_while_a_herd_of_events_is_worked_off_a_few_at_a_time",
        "payments/outage::catch_up_is_capped_and_a_live_order_goes_through_when_many_messages_wait",
    ),
    row(
        *(70, "the mail server is down", "the order is paid; mail goes out later, once"),
        "mail/send_due::order_is_paid_when_the_mail_server_is_down",
        "mail/send_due::mail_goes_out_when_the_server_is_back",
    ),
)


def write_page() -> str:
    """The text of `docs/reliability.md`."""
    must = [(one.name, one.text) for one in INVARIANTS]
    must += [(f"{one.name} at the provider", one.text) for one in COMPARISONS]
    lines = [f"| {name} | {text} |" for name, text in must]
    rows = [
        f"| {each.number} | {each.fault} | {each.must} | {'<br>'.join(f'`{test}`' for test in each.tests)} |"
        for each in ROWS
    ]
    return INTRO + "\n".join(lines) + "\n" + FAULTS + "\n".join(rows) + "\n"


if __name__ == "__main__":
    DOCS.write_text(write_page())

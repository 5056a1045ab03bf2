"""Rows 1 to 26 of the fault matrix: messages, the way back, and calls to the provider."""

from __future__ import annotations

from tests.faults.row import row

ROWS = (
    row(
        *(1, "webhook lost for ever", "the sweep finds it, by the attempt's age"),
        "payments/sync_payment::sweep_confirms_when_neither_webhook_nor_buyer_comes",
        "payments/sweep::looks_grow_rarer_when_an_attempt_stays_open",
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
        "webhooks/process::message_about_a_charge_waits_when_its_payment_is_not_confirmed_yet",
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
        "webhooks/process::lag_is_measured_when_an_event_is_taken_even_one_that_nobody_handles",
        "faults/buyer_vanishes::newer_event_is_a_hint_like_any_other_when_its_version_is_unknown",
    ),
    row(
        *(
            11,
            "our endpoint is down or hangs, or its database is",
            "no 2xx, so that it is sent again; missed events are listed",
        ),
        "faults/endpoint_hangs::message_comes_again_and_counts_once_when_our_endpoint_hangs",
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
        *(
            15,
            "the return is opened by somebody else",
            "nothing changes: its token is the key to one order",
        ),
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
        "payments/discount_travels::one_coupon_and_one_session_are_made_when_an_answer_is_lost",
        "payments/cancel_order::stock_stays_held_when_the_provider_does_not_answer",
        "gateways/open_account::account_is_found_by_our_id_when_its_answer_was_lost_and_its_key_forgotten",
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
        "faults/key_in_use::one_session_is_made_and_adopted_when_the_key_of_checkout_is_in_use",
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
        "payments/complete_attempt::only_a_refusal_ends_the_order_when_the_provider_answers_badly",
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
        "gateways/breaker::breaker_opens_when_nobody_answers",
        "gateways/breaker::breaker_opens_when_no_answer_comes_in_time",
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
)

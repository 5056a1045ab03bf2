"""Which tests break each invariant and see it named, or, where no row could show it, ask for it themselves."""

from __future__ import annotations

from tests.faults.row import spell

# What no query can answer: a page of somebody else's.
ASKED_BY_TESTS = {"I28": "nobody sees another's rows: a vendor its own lines, a guest's link one order"}

_SHORT = {
    "I2": (
        "doctor/find_money_violations::second_payment_is_named_when_nobody_gives_it_back",
        "doctor/find_violations::order_is_named_when_two_captures_settle_it",
    ),
    "I3": (
        "doctor/find_money_violations::capture_is_named_when_it_is_not_what_the_attempt_asked_for",
        "doctor/find_violations::capture_is_named_when_the_page_took_off_what_the_order_does_not_know",
    ),
    "I4": ("doctor/find_violations::order_is_named_when_it_is_paid_without_money",),
    "I5": (
        "doctor/find_violations::variant_is_named_when_its_counters_are_not_its_moves",
        "doctor/find_violations::variant_is_named_when_more_is_promised_than_there_is",
    ),
    "I6": (
        "doctor/find_violations::variant_is_named_when_the_hold_of_an_open_order_is_gone",
        "doctor/find_violations::variant_is_named_when_an_order_that_ended_still_holds_it",
    ),
    "I7": ("doctor/find_violations::order_is_named_when_its_hold_outlives_its_deadline_and_nobody_can_pay",),
    "I8": (
        "doctor/find_violations::journal_is_named_when_it_does_not_balance",
        "doctor/find_violations::journal_is_named_when_it_was_never_sealed",
        "ledger/post::database_refuses_when_a_transaction_is_committed_unsealed",
    ),
    "I9": (
        "doctor/find_ledger_violations::trigger_is_named_when_it_does_not_guard_the_ledger",
        "ledger/post::database_refuses_when_the_ledger_is_written_past_the_service",
    ),
    "I10": (
        "doctor/find_money_violations::payment_is_named_when_its_journal_is_missing",
        "doctor/find_money_violations::journal_is_named_when_nothing_moved",
        "doctor/find_ledger_violations::payment_is_named_when_the_journal_of_the_providers_fee_is_lost",
        "doctor/find_ledger_violations::order_is_named_when_the_journal_of_its_promotion_is_lost",
        "doctor/find_ledger_violations::vendors_are_named_when_what_is_booked_for_them_is_swapped",
        "payouts/find_violations::transfer_is_named_when_it_has_no_journal_and_journal_when_it_has_no_transfer",
    ),
    "I11 at the provider": (
        "doctor/compare_books::balance_is_named_when_a_movement_was_not_booked",
        "payouts/find_violations::our_books_are_what_the_provider_answers_when_it_is_asked_by_the_port",
    ),
    "I12": (
        "doctor/find_money_violations::order_is_named_when_its_parts_are_not_the_whole",
        "doctor/find_violations::order_is_named_when_a_seller_earns_more_than_was_paid",
    ),
    "I13": (
        "payouts/find_violations::vendor_is_named_when_more_than_its_share_was_passed_on",
        "refunds/share_restored::doctor_names_a_share_that_is_sent_again_for_nothing",
        "payouts/guards::share_is_refused_when_the_charge_has_passed_it_on_itself",
    ),
    "I13 at the provider": (
        "doctor/compare_books::transfer_is_named_when_more_is_passed_on_than_came_in",
        "payouts/find_violations::transfer_is_named_when_the_provider_has_taken_back_what_we_do_not_know_of",
    ),
    "I20 at the provider": (
        "doctor/compare_books::request_is_named_when_nobody_intended_it_or_it_took_effect_twice",
        "doctor/compare_books::account_is_named_when_nobody_intended_it",
    ),
    "I14": (
        "doctor/find_money_violations::payment_is_named_when_more_goes_back_than_came_in",
        "payouts/find_violations::transfer_is_named_when_its_reversals_are_not_what_it_counts",
    ),
    "I16": (
        "doctor/find_violations::journal_is_named_when_it_was_posted_twice",
        "doctor/find_violations::event_is_named_when_it_is_stored_twice",
    ),
    "I17": ("doctor/find_money_violations::event_is_named_when_its_two_bodies_are_not_two",),
    "I18": (
        "doctor/find_violations::row_is_named_when_a_move_was_made_that_does_not_exist",
        "doctor/find_violations::row_is_named_when_its_state_was_written_past_the_trigger",
    ),
    "I19": ("doctor/find_money_violations::ended_order_is_named_when_it_keeps_money",),
    "I21": (
        "doctor/find_money_violations::attempt_and_capture_are_named_when_nobody_will_look_at_them",
        "doctor/find_money_violations::operation_is_named_when_it_waits_longer_than_anybody_tries",
        "doctor/find_money_violations::refund_is_named_when_nobody_will_send_it",
        "payouts/find_violations::transfer_is_named_when_nobody_will_look_at_it",
    ),
    "I23": (
        "doctor/find_violations::code_is_named_when_it_was_used_too_often",
        "doctor/find_violations::code_is_named_when_its_counter_is_not_its_uses",
        "doctor/find_violations::order_is_named_when_its_discount_has_no_use_behind_it",
    ),
    "I1 at the provider": (
        "doctor/compare_books::payment_is_named_when_only_the_provider_knows_of_it",
        "doctor/compare_books::payment_is_named_when_only_we_know_of_it",
        "doctor/compare_books::payment_is_named_when_the_amounts_differ",
        "doctor/compare_books::refund_is_named_when_it_is_not_the_same_on_both_sides",
    ),
    "I2 at the provider": ("doctor/compare_books::order_is_named_when_two_payments_are_kept_there",),
    "I15 at the provider": ("doctor/compare_books::event_is_named_when_it_never_came_and_nobody_looked",),
    "I19 at the provider": ("doctor/compare_books::order_is_named_when_two_payments_are_kept_there",),
    "I28": (
        "app/access::every_route_has_its_row",
        "app/access::everybody_meets_what_is_theirs_and_nothing_else_on_every_route",
        "app/access::order_is_read_of_by_its_people_only",
    ),
}
PROOFS = {name: tuple(spell(test) for test in tests) for name, tests in _SHORT.items()}

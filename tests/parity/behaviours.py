"""What the rails promise alike, and why one does not: the hand-written half of the parity table.

A cell is the tests that show a behaviour on that rail, or a `Reason`. Invariant: every journey of both rails is in
a row, and what a row names is really collected for that rail.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.row import spell


@dataclass(frozen=True)
class Reason:
    """Why a rail has no test of a behaviour."""

    words: str


Cell = tuple[str, ...] | Reason


@dataclass(frozen=True)
class Behaviour:
    """One row. Tests are ids as pytest writes them, without parameters."""

    text: str
    stripe: Cell
    paypal: Cell


def both(text: str, *tests: str) -> Behaviour:
    """A behaviour that one test shows on either rail."""
    ids = tuple(spell(test) for test in tests)
    return Behaviour(text, ids, ids)


def each(text: str, stripe: str | tuple[str, ...] | Reason, paypal: str | tuple[str, ...] | Reason) -> Behaviour:
    """A behaviour that looks different on each rail."""
    return Behaviour(text, _cell(stripe), _cell(paypal))


def _cell(given: str | tuple[str, ...] | Reason) -> Cell:
    if isinstance(given, Reason):
        return given
    return tuple(spell(test) for test in ((given,) if isinstance(given, str) else given))


ONLY_THE_SHOP = Reason("the same: it is over before a provider is chosen")
NO_VENDOR_ACCOUNT = Reason("the platform is paid: no vendor's account is asked anything when somebody pays")
CAPTURED = "payments/capture_approved::"

BEHAVIOURS = (
    both(
        "from the shelf to Paid, for each charge type and currency",
        "e2e/journeys/success::order_turns_paid_when_buyer_pays",
    ),
    both(
        "left without paying, and paid after all", "e2e/journeys/cancel::buyer_pays_after_all_when_returning_to_payment"
    ),
    both("canceled: goods and cart are free", "e2e/journeys/cancel::cart_and_stock_are_free_when_order_is_canceled"),
    each(
        "canceled while the provider's page is open: what is agreed to there counts for nothing",
        "payments/cancel_order::one_side_wins_when_paying_and_canceling_meet",
        "e2e/journeys/paypal_cancel::stock_is_free_and_consent_is_not_taken_when_the_order_is_canceled",
    ),
    each(
        "the provider's window: opened, left, closed, blocked, or without its script",
        Reason("there is none: Stripe's page comes in the shop's own tab"),
        (
            "e2e/journeys/paypal_button::buyer_pays_in_the_window",
            "e2e/journeys/paypal_button::tab_itself_goes_to_paypal_and_back_when_windows_are_blocked",
            "e2e/journeys/paypal_button::form_leads_on_when_paypals_script_never_answers",
            "e2e/journeys/paypal_button::nothing_moves_when_the_form_comes_and_then_the_button",
            "e2e/journeys/paypal_cancel::buyer_reads_that_nothing_was_paid_and_pays_after_all",
            "e2e/journeys/paypal_cancel::order_waits_for_its_buyer_when_cancel_leads_back_to_the_shop",
        ),
    ),
    each(
        "canceled, and ordered anew",
        "e2e/journeys/cancel::new_order_is_placed_when_buyer_checks_out_again",
        Reason("the same: the new order knows nothing of the old one's provider"),
    ),
    both(
        "two clicks on Continue are one order",
        "e2e/journeys/double_click::one_order_is_placed_when_continue_is_clicked_twice",
    ),
    both(
        "two tabs that say the same lead to one payment",
        "e2e/journeys/two_tabs::both_tabs_lead_to_one_payment_page_when_they_say_the_same",
    ),
    both(
        "two tabs that differ: the newer order counts",
        "e2e/journeys/two_tabs::older_payment_page_is_closed_when_second_tab_sends_elsewhere",
    ),
    both(
        "back after paying pays nothing twice",
        "e2e/journeys/back_after_paying::nothing_is_paid_twice_when_buyer_goes_back",
    ),
    both("the time to pay runs out", "e2e/journeys/expire::order_expires_when_payment_page_times_out"),
    each(
        "the time runs out at the provider's page",
        "e2e/journeys/expire_while_typing::nobody_is_charged_when_time_runs_out_before_the_button",
        "e2e/journeys/paypal_expire::nobody_is_charged_and_buyer_orders_anew_when_paypals_page_has_expired",
    ),
    both(
        "the last one is held for whoever was first",
        "e2e/journeys/last_item::second_buyer_is_told_before_paying_when_last_item_is_held",
    ),
    each(
        "money for an order that has ended",
        (
            "e2e/journeys/late_payment::order_is_paid_late_when_stock_can_still_be_held",
            "e2e/journeys/late_payment::everything_is_given_back_when_stock_is_gone",
        ),
        (
            "e2e/journeys/paypal_expire::order_is_paid_late_when_the_goods_can_still_be_had",
            "e2e/journeys/paypal_expire::nothing_is_taken_and_buyer_is_told_when_the_goods_are_gone",
            CAPTURED + "nothing_is_taken_when_the_buyer_has_canceled",
        ),
    ),
    each(
        "the provider's page is called off when the order ends",
        "payments/cancel_order::payment_counts_when_it_comes_between_the_look_and_the_expiry",
        Reason(
            "PayPal cannot void a CAPTURE order by API: ours is marked dead, and what is approved is never captured"
        ),
    ),
    both(
        "the answer that opens the payment is lost",
        "e2e/journeys/lost_answer::same_order_goes_on_when_buyer_tries_again",
    ),
    each(
        "the answer that takes the money is lost",
        Reason("the buyer pays on Stripe's own page: no call of ours takes the money"),
        (
            "e2e/journeys/paypal_lost_answer::order_is_confirmed_once_when_the_captures_answer_is_lost",
            "payments/claim::outcome_is_found_by_the_sweep_when_the_answer_to_the_capture_was_lost",
            CAPTURED + "no_second_attempt_opens_while_the_outcome_is_unknown",
        ),
    ),
    both("the webhook is late", "e2e/journeys/webhook_late::return_visit_confirms_once_when_webhook_is_late"),
    both(
        "the browser is closed: the webhook confirms",
        "e2e/journeys/browser_closed::webhook_confirms_when_browser_is_closed_after_paying",
    ),
    both(
        "no webhook and nobody returns: the sweep confirms",
        "e2e/journeys/webhook_lost::sweep_confirms_when_webhook_is_dropped_for_ever",
    ),
    each(
        "fifty confirm at once, through all doors",
        "payments/sync_payment::one_effect_when_fifty_confirm_through_all_doors_at_once",
        (
            CAPTURED + "paypal_pitfall_03_order_is_paid_once_when_fifty_come_by_all_doors_at_once",
            "e2e/journeys/paypal_race::each_order_is_paid_once_when_visits_and_messages_come_at_once",
        ),
    ),
    each(
        "declined, then paid otherwise, same order",
        "e2e/journeys/pay_after_decline::order_turns_paid_once_when_second_card_is_accepted",
        (
            "e2e/journeys/paypal_decline::same_order_takes_other_means_when_the_card_is_declined",
            "e2e/journeys/paypal_decline::buyer_pays_by_card_when_paypal_declines",
            "e2e/journeys/paypal_decline::same_order_is_paid_when_paypal_asks_its_buyer_once_more",
        ),
    ),
    each(
        "the bank asks the buyer first (3-D Secure)",
        "e2e/journeys/three_d_secure::buyer_can_pay_otherwise_when_challenge_fails",
        Reason("PayPal asks on its own page, before the approval"),
    ),
    each(
        "a bank that answers days later",
        "e2e/journeys/bank_debit::order_turns_paid_when_bank_agrees_days_later",
        (
            "e2e/journeys/paypal_echeck::order_is_paid_when_the_money_has_come",
            "e2e/journeys/paypal_echeck::stock_is_free_and_order_payable_anew_when_the_bank_says_no",
        ),
    ),
    each(
        "the provider is down",
        "e2e/journeys/provider_down::shop_stays_open_and_order_goes_on_when_provider_is_back",
        "e2e/journeys/paypal_down::button_says_so_and_the_card_works_until_paypal_is_back",
    ),
    each(
        "both rails on one order",
        (
            "e2e/journeys/paypal_two_rails::stripes_page_has_expired_when_the_other_tab_pays_with_paypal",
            "payments/two_rails::second_is_refunded_in_full_and_told_when_both_capture_all_the_same",
        ),
        (
            "e2e/journeys/paypal_two_rails::consent_is_never_taken_when_the_buyer_has_gone_on_by_card",
            "e2e/journeys/paypal_two_rails::second_payment_goes_back_in_full_and_buyer_is_told_when_both_are_taken",
            "payments/two_rails::second_is_refunded_in_full_and_told_when_both_capture_all_the_same",
        ),
    ),
    each(
        "without JavaScript",
        "e2e/journeys/without_javascript::everything_can_be_bought_when_scripts_are_off",
        (
            "e2e/journeys/paypal_without_javascript::buyer_pays_without_javascript",
            "e2e/journeys/paypal_without_javascript::form_leads_to_paypal_again_when_the_card_was_declined",
            "e2e/journeys/paypal_without_javascript::order_is_paid_when_paypal_sends_the_buyer_back_to_another_browser",
        ),
    ),
    both(
        "money given back on the provider's own pages",
        "e2e/journeys/refund_at_provider::order_shows_refund_when_made_at_provider",
    ),
    both("a code of ours takes something off", "e2e/journeys/promotion::less_is_paid_when_code_is_applied"),
    each(
        "a code of the provider's page",
        "e2e/journeys/no_cost::order_is_paid_when_a_code_of_the_page_covers_all",
        Reason("PayPal's page takes no codes"),
    ),
    each(
        "the policy of the page with the payment, and who is stopped by it",
        (
            "e2e/journeys/policy::checkout_form_leads_to_the_provider_under_the_policy",
            "e2e/journeys/policy::form_to_anybody_else_is_stopped_by_the_policy",
        ),
        (
            "e2e/journeys/paypal_policy::nothing_is_refused_while_somebody_pays",
            "e2e/journeys/paypal_policy::script_of_anybody_else_is_stopped",
        ),
    ),
    each("nothing is due", "e2e/journeys/no_cost::no_provider_is_asked_when_our_own_code_covers_all", ONLY_THE_SHOP),
    each("the cart changed", "e2e/journeys/changed_cart::new_price_is_paid_when_buyer_has_accepted_it", ONLY_THE_SHOP),
    both(
        "two groups are paid one after the other",
        "e2e/journeys/two_groups::both_groups_are_paid_when_checked_out_one_after_the_other",
    ),
    both("buyer and sellers are told by mail", "e2e/journeys/mail::buyer_and_sellers_are_told_when_order_is_paid"),
    each(
        "each vendor has its share",
        "e2e/journeys/three_vendors::each_vendor_has_their_share_when_three_are_paid_at_once",
        (
            "e2e/journeys/paypal_payout::shares_go_out_after_their_days_and_an_unclaimed_one_is_sent_anew",
            "payouts/pay_out_at_paypal::share_is_sent_once_when_the_answer_is_lost",
        ),
    ),
    each(
        "a share waits with a reason",
        "payouts/pass_promotions_on::it_waits_for_our_balance_and_goes_out_by_itself_when_money_has_come",
        "payouts/pay_out_at_paypal::share_waits_when_the_balance_is_short_and_goes_out_when_it_is_not",
    ),
    each(
        "money goes back after a share was passed on",
        "payouts/refund_shares::transfers_are_reversed_in_proportion_when_a_part_goes_back",
        (
            "e2e/journeys/paypal_refund::order_and_share_follow_when_money_goes_back_at_paypal",
            "payouts/pay_out_at_paypal::debt_is_taken_off_the_next_share_when_a_paid_one_was_refunded",
        ),
    ),
    each(
        "a vendor's own account is charged",
        "e2e/journeys/direct_charge::connect_endpoint_confirms_when_the_platforms_gets_nothing",
        NO_VENDOR_ACCOUNT,
    ),
    each(
        "a vendor is restricted between the sale and its share",
        "e2e/journeys/restricted_after_sale::sale_stays_and_selling_stops_until_the_vendor_gives_what_is_due",
        NO_VENDOR_ACCOUNT,
    ),
    each(
        "the provider learns under which number goods travel",
        Reason("Stripe has no such call"),
        (
            "e2e/journeys/paypal_ship::paypal_knows_the_number_when_the_vendor_ships",
            "payments/track_parcel::number_is_told_once_when_paypal_answers_late",
        ),
    ),
    each(
        "a dispute is a fact of its order",
        Reason("comes with the disputes of both rails"),
        "disputes/sync_dispute::order_shows_the_dispute_while_it_is_open",
    ),
    each(
        "an abandoned page is recovered by the provider's mail",
        "e2e/journeys/recovery_url::new_session_is_paid_once_when_recovery_address_is_followed",
        Reason("PayPal writes to nobody about an order that was not approved"),
    ),
    each(
        "events are forged",
        "webhooks/receive::nothing_is_stored_when_the_signature_is_bad",
        "webhooks/paypal_events::nothing_is_stored_when_a_delivery_is_forged",
    ),
    each(
        "events come ten times",
        "webhooks/receive::event_is_stored_once_when_it_comes_ten_times_at_once",
        "webhooks/paypal_events::event_is_kept_and_applied_once_when_it_comes_ten_times",
    ),
    each(
        "events were missed",
        "webhooks/backfill::missed_events_are_fetched_when_the_endpoint_was_switched_off",
        "webhooks/paypal_events::missed_events_are_fetched_when_paypal_was_silent",
    ),
)

"""Rows 27 to 70 of the fault matrix: our processes and database, the buyers, and the queues."""

from __future__ import annotations

from tests.faults.row import row

ROWS = (
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
        "faults/web_stops::checkout_is_answered_when_the_web_server_is_told_to_stop",
        "faults/web_stops::checkout_is_resumed_when_the_web_server_had_to_go_before_the_provider_answered",
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
        *(62, "declined, declined, paid", "one settling capture; declines count against their address"),
        "payments/pay_again::one_settling_capture_when_two_declines_come_before_success",
        "e2e/journeys/pay_after_decline::order_turns_paid_once_when_second_card_is_accepted",
        "payments/declines::new_order_is_refused_in_words_when_five_declines_are_known",
        "payments/declines::order_opens_no_next_attempt_when_its_payer_has_to_wait",
        "payments/declines::fifth_decline_decides_when_four_are_known",
        "payments/declines::decline_counts_once_when_every_door_learns_of_it",
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

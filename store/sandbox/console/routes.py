"""Which addresses the tester's pages have; who may send their forms is `guard_forms`' to say."""

from __future__ import annotations

from litestar import Router

from store.sandbox.console import accounts, clock, mails, objects, paypal, requests, rules, start, webhooks
from store.sandbox.console.frame import MAX_FORM
from store.sandbox.guard import guard_forms

_pages = Router(
    path="/console",
    route_handlers=[
        objects.show_objects,
        objects.show_object,
        accounts.open_dashboard,
        accounts.turn_account,
        paypal.act_at_paypal,
        requests.show_requests,
        requests.show_request,
        webhooks.show_events,
        webhooks.show_deliveries,
        webhooks.show_delivery,
        webhooks.resend_delivery,
        webhooks.switch_endpoint,
        rules.show_rules,
        rules.set_request_fault,
        rules.set_delivery_rule,
        rules.clear_rules,
        clock.show_clock,
        clock.move_by_form,
    ],
)
console_router = Router(
    path="/",
    route_handlers=[
        _pages,
        start.show_start,
        start.show_scenario,
        start.begin_scenario,
        start.finish_scenario,
        start.show_reset,
        start.reset_by_form,
        mails.show_mailbox,
        mails.show_mail,
        mails.show_html_part,
    ],
    guards=[guard_forms],
    request_max_body_size=MAX_FORM,
)

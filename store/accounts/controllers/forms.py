"""What the forms of accounts have in common: the fields, and how often they may be tried."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

EMAIL = Meta(
    max_length=254,
    pattern=r"^[^@\s,;:<>()\[\]\\\"]+@[^@\s.,;:<>()\[\]\\\"]+(\.[^@\s.,;:<>()\[\]\\\"]+)+$",
    extra={"label": "Email", "wrong": "Enter an email address like name@example.com."},
)
Email = Annotated[str, EMAIL]
# Longer than any that may be chosen: a wrong one is a wrong password, not a wrong form.
ENTER = {"label": "Password", "wrong": "Enter your password."}
Password = Annotated[str, Meta(min_length=1, max_length=1000, extra=ENTER)]
ChosenPassword = Annotated[str, Meta(max_length=1000, extra={"label": "Password"})]
NewPassword = Annotated[str, Meta(max_length=1000, extra={"label": "New password"})]
Next = Annotated[str, Meta(max_length=2000)]

NO_STORE = {"Cache-Control": "no-store"}
# (tries, seconds): of one address of the network, and at one account from anywhere.
SIGN_INS = (20, 60)
SIGN_INS_AT_ONE = (20, 900)
SIGN_UPS = (10, 600)
# Mails that anybody can have sent: from one address of the network, and to one mailbox from anywhere.
MAILS = (10, 600)
MAILS_TO_ONE = (5, 3600)
# Tries of a link or of one's own password, by a person or from one address of the network.
CHANGES = (20, 600)

"""API keys: which platform a key belongs to, and what it may do.

`sk_test_X` may do everything. `pk_test_X` may make only the calls a browser makes, with an object's client secret.
`rk_test_X` stands for a restricted key with every permission, `rk_test_read_X` for one that may only read: the
provider's permissions are chosen per resource in its Dashboard, which the sandbox does not have; here the name tells.
Invariant: a live key is refused before anything is looked at, and no key is ever shown whole.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from store.sandbox.kernel.errors import ApiError

SECRET_KEY = "sk_test_overprint"  # noqa: S105  the demo's published key
PUBLISHABLE_KEY = "pk_test_overprint"
READ_ONLY = "read_"
KEY = re.compile(r"(sk|pk|rk)_test_([A-Za-z0-9_]{1,200})")
LIVE = re.compile(r"[a-z]{2}_live_.*")


@dataclass(frozen=True)
class Key:
    """One key as it was sent: `kind` is sk, pk or rk, `tail` names the platform."""

    text: str
    kind: str
    tail: str
    read_only: bool = False

    @property
    def masked(self) -> str:
        """The key as an error may show it."""
        return mask(self.text)


def read_key(authorization: str | None) -> Key:
    """Return the key of a Bearer or Basic header; raise 401 for none, a malformed or a live one."""
    text = _read_text(authorization)
    if not text:
        raise ApiError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    if LIVE.fullmatch(text):
        raise ApiError(
            401,
            f"Invalid API Key provided: {mask(text)}. This is a live key and this is a sandbox: it takes test keys "
            "only (sk_test_…), and your live key has no business here. Replace it where your client gets its key from.",
        )
    match = KEY.fullmatch(text)
    if match is None:
        raise ApiError(401, f"Invalid API Key provided: {mask(text)}")
    kind, tail = match.groups()
    read_only = kind == "rk" and tail.startswith(READ_ONLY) and tail != READ_ONLY
    return Key(text, kind, tail.removeprefix(READ_ONLY) if read_only else tail, read_only)


def mask(text: str) -> str:
    """Return a key with its middle hidden; what is too short to be one is shown as it is."""
    if len(text) <= 8:
        return text
    return f"{text[:8]}{'*' * (len(text) - 12)}{text[-4:]}" if len(text) >= 16 else text[:8] + "*" * (len(text) - 8)


def _read_text(authorization: str | None) -> str:
    scheme, _, value = (authorization or "").partition(" ")
    value = value.strip()
    if scheme.lower() != "basic":
        return value if scheme.lower() == "bearer" else ""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""

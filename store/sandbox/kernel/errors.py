"""Errors as the provider's body states them, from the place that finds them to the response.

Invariant: every refusal carries type, message and, where one field is to blame, `param`
(docs.stripe.com/api/errors).
"""

import json
from typing import Any

# As the provider's bodies have it: the code with dashes.
DOC_URL = "https://stripe.com/docs/error-codes/"


class ApiError(Exception):
    """A refusal with its HTTP status and the fields of the provider's error body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        keeps_effect: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        # A declined card leaves a failed charge and events behind: the answer is an error, the effect stays.
        self.keeps_effect = keeps_effect
        self.error: dict[str, Any] = {"type": type, "message": message}
        for name, value in {"code": code, "param": param, **more}.items():
            if value is not None:
                self.error[name] = value

    def body(self, request_log_url: str = "") -> bytes:
        """Return the JSON body `{"error": {...}}`, with the addresses where the code and the request are explained."""
        error = dict(self.error)
        code = str(error.get("code", ""))
        if code and not code.startswith("sandbox_"):
            error["doc_url"] = DOC_URL + code.replace("_", "-")
        if request_log_url:
            error["request_log_url"] = request_log_url
        return json.dumps({"error": error}, indent=2).encode()


class Missing(ApiError):
    """No such object in this account's world: 404 `resource_missing`."""

    def __init__(self, kind: str, id: str, param: str | None = None) -> None:
        super().__init__(404, f"No such {kind}: '{id}'", code="resource_missing", param=param or "id")


class Unsupported(ApiError):
    """What the provider has and this sandbox does not: refused by name, so that nobody trusts a guess."""

    def __init__(self, what: str, *, param: str | None = None) -> None:
        super().__init__(
            400,
            f"The sandbox does not support {what}. The provider does; use real test keys to try it.",
            code="sandbox_unsupported",
            param=param,
        )


def refuse(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """Return a 400 `invalid_request_error`, ready to be raised."""
    return ApiError(400, message, code=code, param=param)

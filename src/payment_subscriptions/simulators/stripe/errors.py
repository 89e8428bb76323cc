"""Stripe's errors as it writes them. https://docs.stripe.com/api/errors"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """``kind`` is Stripe's type of the error; ``validation``: found before anything was begun."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        validation: bool = False,
    ) -> None:
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.decline_code = decline_code
        self.validation = validation
        super().__init__(message)

    def body(self) -> dict[str, Any]:
        told = {
            "type": self.kind,
            "message": self.message,
            "code": self.code,
            "param": self.param,
            "decline_code": self.decline_code,
        }
        return {"error": {name: value for name, value in told.items() if value is not None}}


def missing(kind: str, key: str, param: str = "id", status: int = 404) -> ApiError:
    return ApiError(f"No such {kind}: '{key}'", status=status, code="resource_missing", param=param)


def declined(code: str, decline_code: str | None = None) -> ApiError:
    text = "Your card was declined." if code == "card_declined" else f"The payment failed: {code}."
    return ApiError(text, status=402, kind="card_error", code=code, decline_code=decline_code)


def wrong(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(message, param=param, code=code, validation=True)


def bad_key() -> ApiError:
    return ApiError("Invalid API Key provided", status=401)

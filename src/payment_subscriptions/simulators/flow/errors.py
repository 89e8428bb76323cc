"""Flow's answers when it says no: code, message, and the HTTP status they travel with."""

from __future__ import annotations


class ApiError(Exception):
    def __init__(self, code: int, message: str, http: int = 400) -> None:
        self.code = code
        self.message = message
        self.http = http
        super().__init__(message)

    def body(self) -> dict[str, object]:
        return {"code": self.code, "message": self.message}


def missing(names: str) -> ApiError:
    return ApiError(104, f"Missing service params: {names}")


def business(message: str) -> ApiError:
    """Flow's catch-all: 501 on HTTP 401, told apart only by its text."""
    return ApiError(501, f"Internal Server Error - {message}", 401)


NO_SERVICE = ApiError(105, "No services available")
BAD_KEY = ApiError(501, "Internal Server Error - apiKey not found", 401)
NO_CONTRACT = ApiError(7001, "Commerce has not automatic charge contract")
ITEM_NAME = ApiError(1001, "El nombre solo puede contener caracteres alfanuméricos")
ITEM_TWICE = ApiError(1002, "The item is already added in the subscription")
NOT_FOUND = ApiError(1700, "Token not found")
NO_TRANSACTION = ApiError(1700, "Transaction not found")

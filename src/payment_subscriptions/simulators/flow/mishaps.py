"""What a scripted fault of Flow's own does to a call: before anything was done, and after it was."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ..faults import Fault
from ..mishaps import MISHAPS, Mishap, Scene, answer
from .errors import BAD_KEY, ApiError


def strike(fault: Fault, scene: Scene) -> Response:
    return _MISHAPS[fault.kind](fault, scene)


def refusal(error: ApiError) -> Response:
    return answer(error.body(), error.http)


def _error(fault: Fault, scene: Scene) -> Response:
    code: object = fault.options["code"]
    code = str(code) if fault.options["code_as_string"] else code
    return answer({"code": code, "message": fault.text("message")}, fault.whole("status"))


def _invalid_signature(fault: Fault, scene: Scene) -> Response:
    status = scene.account.options.signature_error_status
    return refusal(ApiError(108, "Invalid Signature", status))


def _callback_first(fault: Fault, scene: Scene) -> Response:
    """For the first charge of a subscription/create, which has no callback otherwise."""
    account, body = scene.account, scene.body or {}
    with account.lock:
        for number in account.subscriptions[str(body["subscriptionId"])].invoices:
            order = account.orders.get(account.invoices[number].paid_by or "")
            if order and order.url_confirmation:
                account.post.post("plan", order.url_confirmation, order.token)
    account.post.flush()
    return answer(body)


_MISHAPS: dict[str, Mishap] = {
    **MISHAPS,
    "error": _error,
    "error_without_code": lambda fault, scene: answer({"error": "unexpected"}, fault.whole("status")),
    "invalid_signature": _invalid_signature,
    "api_key_not_found": lambda fault, scene: refusal(BAD_KEY),
    "callback_before_answer": _callback_first,
}

"""The other side: a signer of its own."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import requests

from payment_subscriptions.simulators.flow import FlowSimulator


def signature(params: dict[str, str], secret: str) -> str:
    text = "".join(name + params[name] for name in sorted(params))
    return hmac.new(secret.encode("utf-8"), text.encode("utf-8"), hashlib.sha256).hexdigest()


@dataclass
class Caller:
    """Calls Flow's API as a merchant's program does."""

    flow: FlowSimulator
    timeout: float = 5.0

    def signed(self, **params: object) -> dict[str, str]:
        texts = {"apiKey": self.flow.api_key, **{k: str(v) for k, v in params.items() if v is not None}}
        return {**texts, "s": signature(texts, self.flow.secret_key)}

    def get(self, path: str, **params: object) -> requests.Response:
        return requests.get(f"{self.flow.api_url}/{path}", params=self.signed(**params), timeout=self.timeout)

    def post(self, path: str, **params: object) -> requests.Response:
        return requests.post(f"{self.flow.api_url}/{path}", data=self.signed(**params), timeout=self.timeout)

    def read(self, path: str, **params: object) -> Any:
        return _ok(self.get(path, **params))

    def do(self, path: str, **params: object) -> Any:
        return _ok(self.post(path, **params))

    # --- what most tests begin with

    def plan(self, plan_id: str = "pro", **params: object) -> Any:
        return self.do(
            "plans/create",
            **{"planId": plan_id, "name": "Plan Pro", "amount": 10000, "interval": 3, **params},
        )

    def customer(self, *, card: bool = True, **params: object) -> str:
        number = len(self.flow.customers) + 1
        given = {"name": "Ana", "email": f"ana{number}@correo.cl", "externalId": f"u{number}", **params}
        customer_id: str = self.do("customer/create", **given)["customerId"]
        if card:
            self.flow.enrol_card(customer_id)
        return customer_id

    def subscribe(self, customer_id: str, plan_id: str = "pro", **params: object) -> Any:
        return self.do("subscription/create", planId=plan_id, customerId=customer_id, **params)

    def subscription(self, subscription_id: str) -> Any:
        return self.read("subscription/get", subscriptionId=subscription_id)


def _ok(answer: requests.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()

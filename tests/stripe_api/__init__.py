"""What Stripe itself says of its API, as a judge: its OpenAPI description, and the types of its library.

``judge().request(...)`` and ``judge().answer(...)`` give a list of complaints, each with the place that
it is about. The description is Stripe's document, so it is not part of this repository: put it beside the
checkout, at ``../shared/stripe/openapi.json.gz``, or name it in the environment as ``STRIPE_OPENAPI``.
"""

from __future__ import annotations

from .judge import DOCUMENT, Judge, Request, judge, needs_description

__all__ = ["DOCUMENT", "Judge", "Request", "judge", "needs_description"]

"""Stripe. Nobody imports this package but by the dotted path in GATEWAYS.

The library itself (extra ``stripe``) is imported at the first call: it costs a quarter of a second.
"""

from .gateway import StripeGateway

__all__ = ["StripeGateway"]

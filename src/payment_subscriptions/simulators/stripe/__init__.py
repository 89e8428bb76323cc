"""A Stripe of your own: the API, the hosted pages, signed events and a clock to move."""

from .options import API_KEY, Options
from .simulator import StripeSimulator

__all__ = ["API_KEY", "Options", "StripeSimulator"]

"""A Flow.cl of your own: the REST API, the payer's pages, the callbacks and a clock to move."""

from .cards import CHILE, PERU, REJECTED_ON_CHARGE
from .options import API_KEY, SECRET_KEY, Options
from .simulator import FlowSimulator

__all__ = ["API_KEY", "CHILE", "PERU", "REJECTED_ON_CHARGE", "SECRET_KEY", "FlowSimulator", "Options"]

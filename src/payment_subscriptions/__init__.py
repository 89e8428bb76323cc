"""Recurring payments for Django: Flow.cl in Chile, Stripe elsewhere, one life cycle."""

__version__ = "0.1.0"

"""A project on this machine with simulated gateways beside it: no account, no network, no money.

``payment-subscriptions demo`` runs it; the project's own settings know nothing of that.
"""

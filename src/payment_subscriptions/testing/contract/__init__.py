"""The tests that every gateway must pass: ADDING_A_GATEWAY.md says how to run them.

::

    class TestAcme(GatewayContract):
        opening_calls = ("customers.create", "subscriptions.create")

        @pytest.fixture
        def bench(self, settings, acme_server):
            settings.PAYMENT_SUBSCRIPTIONS = {...}
            return AcmeBench(acme_server)

Nothing of this package is replaced: what payers, banks and time do is done at the provider, by a
Bench; everything else goes the way that it goes in a shop.
"""

from __future__ import annotations

from .bench import Bench, Callback, NotHere, TooLate
from .listing import Listing
from .living import Living
from .mismatches import Mismatches
from .notices import Notices
from .opening import Opening
from .settings import Settings
from .verbs import Verbs

__all__ = [
    "Bench",
    "Callback",
    "GatewayContract",
    "Listing",
    "Living",
    "Mismatches",
    "NotHere",
    "Notices",
    "Opening",
    "Settings",
    "TooLate",
    "Verbs",
]


class GatewayContract(Opening, Living, Verbs, Notices, Mismatches, Listing, Settings):
    """All of it. A subclass gives ``bench`` and ``opening_calls``; a way to charge that can only do a
    part of it takes the parts that apply."""

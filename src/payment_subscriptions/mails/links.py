"""The one link of a mail, absolute."""

from __future__ import annotations

from .. import conf
from ..addresses import path_of
from ..models import Subscription
from ..portal_links import portal_link


def manage_url(subscription: Subscription) -> str:
    """Their own page: of a user behind a login, of anybody else by a link that works for a while."""
    return portal_link(subscription)


def plans_url() -> str:
    """Where they may choose anew."""
    return conf.absolute_url(path_of("payments:plans"))


def support_url() -> str:
    """Where SUPPORT_CONTACT leads, "" where there is none."""
    contact = str(conf.get("SUPPORT_CONTACT"))
    return f"mailto:{contact}" if is_address(contact) else contact


def is_address(contact: str) -> bool:
    """Of SUPPORT_CONTACT, which is an address or a URL."""
    return "@" in contact and ":" not in contact

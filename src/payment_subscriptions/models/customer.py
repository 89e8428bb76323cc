from __future__ import annotations

from datetime import date, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from ..clock import now
from . import columns


class CustomerQuerySet(models.QuerySet["Customer"]):
    def card_expiring(self, today: date, days: int) -> CustomerQuerySet:
        """Those whose card expires within so many days, and have not been told."""
        return self.filter(
            card_warned=False,
            card_expires__isnull=False,
            card_expires__gt=today,
            card_expires__lte=today + timedelta(days=days),
        )


class Customer(models.Model):
    """Who pays, as one provider knows them.

    Found by our own immutable key, never by e-mail alone: an e-mail that nobody proved must
    reach nobody's card. ``external_id`` is what we are called there, random, committed before
    the first call; ``reference`` what they call it.
    """

    provider = columns.provider()
    mode = columns.mode()
    payer_key = models.CharField(_("payer"), max_length=255)
    external_id = models.CharField(
        _("our key"), max_length=32, unique=True, default=columns.new_key, editable=False
    )
    reference = models.CharField(_("reference"), max_length=255, null=True, blank=True)  # noqa: DJ001
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=255, blank=True)
    card_brand = models.CharField(_("card"), max_length=40, blank=True)
    card_last4 = models.CharField(_("last four digits"), max_length=4, blank=True)
    # The first day on which the card is not valid any more, where the provider tells.
    card_expires = models.DateField(_("card not valid from"), null=True, blank=True)
    # That it expires has been told, or need not be.
    card_warned = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    # When all that names the person was removed, at their wish: nothing of it is written again.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        indexes = (
            models.Index(Upper("email"), name="payments_customer_email"),
            models.Index(
                fields=("card_expires",),
                condition=Q(card_expires__isnull=False, card_warned=False),
                name="payments_customer_card",
            ),
            # Each filter of the list, in its order: see admin/keyset.py.
            models.Index(fields=("provider", "-id"), name="payments_customer_provider"),
            models.Index(fields=("mode", "-id"), name="payments_customer_mode"),
        )
        constraints = (
            models.UniqueConstraint(fields=("provider", "mode", "payer_key"), name="payments_customer_payer"),
            models.UniqueConstraint(
                fields=("reference", "provider", "mode"), name="payments_customer_reference"
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.reference or '—'}"

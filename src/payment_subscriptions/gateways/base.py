"""The seam: all that the author of a gateway must read.

A gateway knows no models and writes no rows. The core hands it plain data, calls one verb, and
stores what comes back. Money is ``Money``, moments are aware datetimes, ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal

from django.core.checks import CheckMessage
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ..exceptions import BadRequest
from ..lifecycle import PaymentStatus, RefundStatus, Status
from ..money import Money
from ..plans import Price

Mode = Literal["real", "sandbox", "demo"]
# Of an attempt: open a subscription, register another card, order our own next period, take a
# cancelled one up again, change the price.
Purpose = Literal["open", "card", "renew", "resume", "change"]


@dataclass(frozen=True)
class Attempt:
    """A Checkout as a gateway sees it.

    ``purpose``: open a subscription, or do something for the one named by
    ``subscription_reference``. ``price`` is what is charged by it (for a change, the new one),
    ``quantity`` times; ``coupon`` the code that takes something off. ``data`` is what earlier steps left,
    ``order`` our name for it there (45 characters at most), ``subject`` what the payer reads on a bill.
    ``starts_at``: of a successor, when the old one's period ends. ``closes_at``: nothing ordered by
    it may be payable after that. ``in_doubt_since`` is when the call whose answer is missing ended
    at the latest; ``returned_at`` when the payer's browser came back. ``language`` is the payer's, as
    Django codes it ("es", "pt-br"; "" where nobody knows).
    """

    id: str
    order: str
    purpose: Purpose
    strategy: str
    price: Price
    subject: str
    email: str
    name: str
    customer_id: str
    customer_reference: str
    subscription_reference: str
    return_url: str
    notice_url: str
    closes_at: datetime
    now: datetime
    language: str = ""
    coupon: str = ""
    quantity: int = 1
    starts_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    in_doubt_since: datetime | None = None
    returned_at: datetime | None = None


@dataclass(frozen=True)
class NextStep:
    """What comes next. ``again``: the core calls ``advance`` once more. ``go``: the payer goes to
    ``url`` and is sent back. ``pay``: the payer pays at ``url``, from where nobody comes back.
    ``wait``: nothing to do but ask later. ``retry``: the payer was turned down and may try again.
    ``none``: the attempt has ended."""

    kind: Literal["again", "go", "pay", "wait", "retry", "none"]
    url: str = ""


class Outcome(StrEnum):
    """How a step came out. A refusal and an unknown are usually raised by the client as Refused
    and OutcomeUnknown; the core turns those into steps."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Step:
    """What one step did: ``data`` is merged into the attempt's; references are stored as found.

    ``token`` is the provider's name for the payer's page, by which the returning browser is
    recognised. ``reason`` is a provider's code of a decline or refusal, in its own words.
    ``customer_gone``: the provider has lost the customer, who is to be made anew under another key.
    ``wait``: for how many seconds the provider is to be left alone before it is asked again.
    """

    next_step: NextStep
    outcome: Outcome = Outcome.RUNNING
    data: Mapping[str, Any] = field(default_factory=dict)
    customer_reference: str = ""
    customer_gone: bool = False
    subscription_reference: str = ""
    token: str = ""
    reason: str = ""
    scope: Literal["strategy", "request"] = "request"
    wait: float = 0.0


AGAIN = NextStep("again")
WAIT = NextStep("wait")
NOTHING = NextStep("none")


@dataclass(frozen=True)
class PaymentSnapshot:
    """One charge as the provider reports it now.

    ``reference`` names it for good (at Flow the invoice, since each attempt has a new order and
    token); ``period_end`` is exclusive: the moment until which it pays. ``list_amount`` is the
    price before the provider's own discounts, where it lists those. ``settled`` is what the payer
    paid where the bill is in a unit that nobody has in hand (UF: pesos, at ``rate`` pesos a unit).
    ``refunded`` is what has been given back of it in all, None where the provider does not tell.
    ``receipt_url``: the provider's receipt, safe to show to the payer. ``oddity``: paid, and not to be:
    its period was paid by another already, or it had ended.
    """

    reference: str
    status: PaymentStatus
    amount: Money
    order: str = ""
    period_start: datetime | None = None
    period_end: datetime | None = None
    due_at: datetime | None = None
    paid_at: datetime | None = None
    next_attempt_at: datetime | None = None
    attempts: int = 0
    failure_code: str = ""
    pay_url: str = ""
    list_amount: Money | None = None
    settled: Money | None = None
    rate: Decimal | None = None
    refunded: Money | None = None
    receipt_url: str = ""
    oddity: Literal["", "double", "late"] = ""


@dataclass(frozen=True)
class Card:
    """What is known of a card; never more than the last four digits. ``expires``: the first day on which
    it is not valid any more, None where the provider does not tell."""

    brand: str
    last4: str
    expires: date | None = None


@dataclass(frozen=True)
class Snapshot:
    """A subscription as the provider reports it now. ``price_id`` is the provider's id of the plan
    that is charged, ``quantity`` times; ``next_price_id`` of the one that it changes to at
    ``next_price_at``; ``credit`` is what the next charges are less by; ``card`` None where the snapshot
    does not tell; ``look_at`` are further moments at which something should happen;
    ``successor_reference`` names the one that goes on where this one ends."""

    reference: str
    status: Status
    price_id: str
    customer_reference: str = ""
    period_start: datetime | None = None
    period_end: datetime | None = None
    next_charge_at: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    ended_at: datetime | None = None
    card: Card | None = None
    payments: tuple[PaymentSnapshot, ...] = ()
    next_price_id: str = ""
    next_price_at: datetime | None = None
    credit: Money | None = None
    look_at: tuple[datetime, ...] = ()
    successor_reference: str = ""
    quantity: int = 1


@dataclass(frozen=True)
class ListedCustomer:
    """A customer as the provider lists them. ``key``: what we call them there, "" where they bear no name of
    anybody's."""

    reference: str
    key: str = ""
    email: str = ""


@dataclass(frozen=True)
class ListedSubscription:
    """A subscription as the provider lists them: ``snapshot`` as ``fetch`` gives it, less its card and its
    credit, and less the payments where those are listed apart. ``order``: ours, where it bears one."""

    snapshot: Snapshot
    order: str = ""


@dataclass(frozen=True)
class ListedPayment:
    """A charge that the provider lists by itself. ``subscription_reference`` "" where it is of none;
    ``order`` is the name that the merchant gave it, ``is_ours`` whether that name is ours for certain.
    What a list does not tell of it (why it was declined, its receipt) is left out."""

    payment: PaymentSnapshot
    subscription_reference: str = ""
    customer_reference: str = ""
    order: str = ""
    is_ours: bool = False


@dataclass(frozen=True)
class Received:
    """A callback after its first look: ``key`` is what makes it the same notice when it comes
    again (no secret: it is shown), ``body`` what is stored, raw."""

    key: str
    body: str


@dataclass(frozen=True)
class Located:
    """What a notice is about, as the provider says when asked: a subscription, or an order that may be
    ours. ``paid`` is money that arrived with it, ``refund`` our order of a refund that it tells of.
    ``is_ours`` False: nothing but its being on our books makes it ours, so that it is not waited for."""

    subscription_reference: str = ""
    order: str = ""
    paid: Money | None = None
    refund: str = ""
    is_ours: bool = True


@dataclass(frozen=True)
class ChangePreview:
    """What a change of price costs, as the provider says: nothing is changed yet.

    ``charge`` is taken at once, ``credit`` taken off the next charges; one of them is nothing.
    ``at``: when it takes effect, None now. ``data`` is the gateway's own: what makes the change that
    follows the one that was previewed. ``quantity``: how often the price is charged from then on.
    """

    price: Price
    charge: Money
    credit: Money
    at: datetime | None = None
    next_charge_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    quantity: int = 1

    @property
    def money(self) -> Money:
        """What each period costs from then on."""
        return self.price.amount * self.quantity


@dataclass(frozen=True)
class RefundRequest:
    """A Refund as a gateway sees it. ``order`` is our name for it there; ``payment`` and
    ``payment_order`` name what is given back, ``method`` is one of ``refund_methods``; ``token`` the
    provider's, where it has told one."""

    order: str
    method: str
    strategy: str
    payment: str
    payment_order: str
    paid_at: datetime | None
    amount: Money
    is_whole: bool
    email: str
    notice_url: str
    now: datetime
    token: str = ""


@dataclass(frozen=True)
class RefundSnapshot:
    """A refund as the provider reports it now. ``reference`` names it there for good."""

    status: RefundStatus
    reference: str = ""
    token: str = ""
    amount: Money | None = None


@dataclass(frozen=True)
class PriceDifference:
    """Where a plan at the gateway is not what the catalogue says. ``field`` "missing": not there; "active",
    "product active": nobody can subscribe to it any more; "callback": its notices go elsewhere."""

    price: str
    field: str
    here: str = ""
    there: str = ""


@dataclass(frozen=True)
class EndpointDifference:
    """Where the provider's address for notices is not as it should be. ``field`` "missing": not there;
    "api_version": what comes has the shapes of another version than the one that reads it."""

    field: str
    here: str = ""
    there: str = ""


@dataclass(frozen=True)
class Pulse:
    """A sign of life. ``host``: who answered, "" where no network lies between; ``skew``: by how many seconds
    the provider's clock is ahead of this machine's, None where it does not tell."""

    host: str = ""
    skew: float | None = None


@dataclass(frozen=True)
class Capabilities:
    """Which verbs exist. A page offers nothing that is not here."""

    cancel_at_period_end: bool = False
    cancel_now: bool = False
    update_card: bool = False
    resume: Literal["native", "successor", "none"] = "none"
    change_now: bool = False
    change_at_period_end: bool = False
    refund: bool = False
    partial_refund: bool = False
    quantity: bool = False
    pause: bool = False
    portal: bool = False


class Gateway:
    """A provider's account. ``options`` is its entry in GATEWAYS, without BACKEND and MODE."""

    name: ClassVar[str] = ""
    currencies: ClassVar[frozenset[str]] = frozenset()
    capabilities: ClassVar[Capabilities] = Capabilities()
    # Whether it can list what the provider has: without it, nothing can be reconciled.
    lists: ClassVar[bool] = False
    # Whether ``receive`` proves who sent a notice. Where not, anybody can make one up: how often the provider
    # is asked about those is bounded.
    signs_notices: ClassVar[bool] = False
    # Codes of refusals that are about the payer's e-mail: told beside that field.
    email_refusals: ClassVar[frozenset[str]] = frozenset()
    # Whether the provider keeps a list of the addresses to which it sends notices; else each plan, or each
    # call, names its own.
    keeps_endpoints: ClassVar[bool] = False
    # Codes of refusals that every payer meets by that strategy, since the account lacks something: each with
    # what that is and how to get it, for the operator.
    account_refusals: ClassVar[Mapping[str, Any]] = {}
    # What to do about each ``fault`` of the keys, in the words of the provider's own pages, for the operator.
    key_remedies: ClassVar[Mapping[str, Any]] = {}
    # The zone in whose days the provider reckons, "" where it has none.
    time_zone: ClassVar[str] = ""

    def __init__(self, alias: str, mode: Mode, options: Mapping[str, Any]) -> None:
        self.alias = alias
        self.mode: Mode = mode
        self.options = options

    @property
    def strategies(self) -> tuple[str, ...]:
        """The ways to open a subscription, in the order in which they are tried.

        Raises ConfigurationError where the settings contradict each other.
        """
        raise NotImplementedError

    def strategies_for(self, price: Price, coupon: str = "") -> tuple[str, ...]:
        """Those of them that can charge that price, less that coupon; () where none can."""
        return self.strategies

    def renews(self, strategy: str) -> bool:
        """Whether the provider keeps a subscription made by that strategy and charges its periods.
        Where not, each period is an order of ours: renewals.py keeps the calendar."""
        return True

    def is_paid_by_hand(self, strategy: str) -> bool:
        """Whether each period is a bill that the payer gets by e-mail and pays, rather than a charge that
        needs nobody."""
        return not self.renews(strategy)

    def bills_by_mail(self, strategy: str) -> bool:
        """Whether the provider itself sends the payer a bill when a subscription is opened by that strategy:
        it can be paid without any page of ours."""
        return False

    def reminds_for(self, strategy: str) -> timedelta:
        """How long after it has mailed a bill the provider itself reminds of it, where it is known to: we
        do not send a second reminder meanwhile."""
        return timedelta()

    def capabilities_of(self, strategy: str) -> Capabilities:
        """What can be done with a subscription that was made by that strategy."""
        return self.capabilities

    def mode_of(self, strategy: str) -> Mode:
        """The mode of rows that this strategy makes."""
        return self.mode

    def explain(self, code: str) -> str:
        """A decline's or refusal's ``reason`` in words for the payer, in the language in force.

        "" and codes that nobody knows have words too.
        """
        return _("The payment was not accepted. Try again, or use another card.")

    # Opening. Each step makes at most one call that changes something.

    def advance(self, attempt: Attempt) -> Step:
        """Take the next step. Raises Refused, OutcomeUnknown or ConfigurationError."""
        raise NotImplementedError

    def resolve(self, attempt: Attempt) -> Step:
        """Say by asking what became of a call without an answer. UNKNOWN asks again later; AGAIN
        says that ``advance`` may safely take the step once more."""
        raise NotImplementedError

    def expire(self, attempt: Attempt) -> None:
        """Make sure that nobody can be charged by this attempt any more. Raises Refused where that
        cannot be had: it has become a subscription."""

    # Truth.

    def fetch(self, reference: str) -> Snapshot:
        """The subscription now. Raises NotFound, OutcomeUnknown or ConfigurationError."""
        raise NotImplementedError

    def fetch_order(self, attempt: Attempt) -> PaymentSnapshot:
        """What became of the payment order that an attempt made. Its ``reference`` is the attempt's
        ``order``; its period is the caller's to say. Raises NotFound, OutcomeUnknown or
        ConfigurationError."""
        raise NotImplementedError

    def receive(self, request: HttpRequest) -> Received | None:
        """Look at a callback without asking anybody: what is to be stored of it, None where it is genuine
        and about nothing of ours. Raises InvalidNotice, or ConfigurationError where the settings lack what
        it takes to tell."""
        raise NotImplementedError

    def locate(self, body: str) -> Located:
        """Ask what a stored callback is about. Raises NotFound where the provider does not know it."""
        raise NotImplementedError

    def token_of(self, request: HttpRequest) -> str:
        """The token that a returning browser carries, or ""."""
        return ""

    # Verbs. Each is safe to repeat.

    def cancel(self, reference: str, *, at_period_end: bool) -> None:
        """End it with the paid period, or at once together with all that is still owed."""
        raise NotImplementedError

    def preview_change(
        self,
        reference: str,
        price: Price,
        *,
        period_end: datetime | None,
        at_period_end: bool,
        quantity: int = 1,
        seen: Mapping[str, Any] | None = None,
    ) -> ChangePreview:
        """What the change would cost, to the last peso. Changes nothing. The change itself is an attempt
        of purpose ``change`` with the preview's ``data``. ``seen``: the ``data`` of the preview that the
        payer confirms; where it still holds, the same moment is reckoned with again. Raises Refused."""
        raise NotImplementedError

    def undo_change(self, reference: str) -> None:
        """Call off a change that has not taken effect."""
        raise NotImplementedError

    def pause(self, reference: str) -> None:
        """Charge nothing for it until further notice."""
        raise NotImplementedError

    def unpause(self, reference: str) -> None:
        """Charge it again from its next period on."""
        raise NotImplementedError

    def portal_url(self, customer_reference: str, return_url: str) -> str:
        """A fresh address of the provider's own page with this customer's cards and bills, for the payer
        alone and for a short while. Raises Refused or OutcomeUnknown."""
        raise NotImplementedError

    # Giving back.

    def refund_methods(self, request: RefundRequest) -> tuple[str, ...]:
        """The ways to give that back, in the order in which they are tried: the next only after a
        refusal of scope *strategy*."""
        return ()

    def refund(self, request: RefundRequest) -> RefundSnapshot:
        """Give it back: one call. Raises Refused or OutcomeUnknown; then it is never repeated blindly."""
        raise NotImplementedError

    def refund_words(self, method: str) -> str:
        """What that way of giving back does, for the operator who is about to ask for it."""
        return _("The provider is asked to give it back.")

    def fetch_refund(self, request: RefundRequest) -> RefundSnapshot:
        """The refund now, or what became of one whose answer was lost. Raises OutcomeUnknown where
        nobody can tell."""
        raise NotImplementedError

    def cancel_refund(self, request: RefundRequest) -> None:
        """Call off a refund that its receiver has not accepted."""
        raise NotImplementedError

    # All that there is: where ``lists``. Asked for page by page, as it is read; each raises OutcomeUnknown,
    # Refused or ConfigurationError on the way, and then what was read is no whole.

    def list_customers(self) -> Iterator[ListedCustomer]:
        """Every customer of the account, ours or not."""
        raise NotImplementedError

    def list_subscriptions(self) -> Iterator[ListedSubscription]:
        """Every subscription of the account, ours or not, also those that have ended."""
        raise NotImplementedError

    def list_payments(self, since: datetime) -> Iterator[ListedPayment]:
        """Every charge that was made, paid, given back or disputed since then, and those that are owed;
        but those that ``list_subscriptions`` tells of. One may be listed twice, the later one holds."""
        raise NotImplementedError

    # Catalogue and upkeep.

    @property
    def has_coupons(self) -> bool:
        """Whether there are codes that take something off: the order's form asks for one."""
        return False

    def check_coupon(self, code: str, price: Price) -> None:
        """Raises BadRequest where that code takes nothing off that price."""
        raise BadRequest(_("There is no such coupon."), field="coupon", code="unknown_coupon")

    def objection(self, price: Price) -> str:
        """Why this provider cannot charge that price; "" where it can. Asked before anything is opened."""
        return ""

    def price_id(self, price: Price) -> str:
        """The provider's id of a price."""
        return price.key

    def diff_price(self, price: Price, notice_url: str = "") -> list[PriceDifference]:
        """Where the provider's plan differs from ours. ``notice_url``: where its callbacks should go,
        "" to leave that out."""
        return []

    def push_price(self, price: Price, notice_url: str) -> None:
        """Make the plan at the provider; its callbacks go to ``notice_url``. Never edits one that exists."""

    def diff_endpoint(self, notice_url: str) -> list[EndpointDifference]:
        """Where the provider's list of our notice addresses is not as it should be; [] also where it keeps
        none."""
        return []

    def push_endpoint(self, notice_url: str) -> str:
        """Have the provider send its notices to that address, exactly those that matter. The new secret by
        which they are signed, shown this once; "" where there is none. Never edits or removes another's."""
        return ""

    def check(self) -> list[CheckMessage]:
        """What is wrong with the settings, without any network."""
        return []

    # For the doctor: questions that leave no trace.

    def ping(self) -> Pulse:
        """Ask the least that is answered to nobody but us. Raises ConfigurationError, its ``fault`` set where
        that is proved of the keys; OutcomeUnknown where no answer comes."""
        self.strategies  # noqa: B018 - contradictory settings are refused here
        return Pulse()

    def lacks(self, strategy: str) -> str | None:
        """The code, of ``account_refusals``, by which that strategy would be refused to any payer now; ""
        where it would not be, None where that cannot be asked without an effect."""
        return None if self.account_refusals else ""

"""How this Flow behaves where its documents are silent, and what its merchant has contracted.

Every guess about Flow that the simulator had to make is a switch here; docs/simulators/flow.md
lists them with how sure we are.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

API_KEY = "SIM1FL0W-AAAA-BBBB-CCCC-000000000001"
SECRET_KEY = "51a0" * 9 + "f10e"
ZONES = {"CL": "America/Santiago", "PE": "America/Lima", "MX": "America/Mexico_City"}
CURRENCIES = {"CL": "CLP", "PE": "PEN", "MX": "MXN"}


@dataclass
class Options:
    api_key: str = API_KEY
    secret_key: str = SECRET_KEY

    # What the merchant has.
    country: str = "CL"
    card_contract: bool = True
    merchant_email: str = "comercio@simulador.cl"
    daily_charges_per_customer: int | None = None
    uf_rate: Decimal = Decimal("41008.10")

    # Protocol.
    accept_legacy_signature: bool = False
    signature_error_status: int = 400
    plan_id_blanks: bool = False
    external_id_reusable_after_delete: bool = False
    list_names_without_hyphens: bool = True

    # The life of a subscription.
    billing_hour: int = 0
    retry_spacing_days: int = 1
    retries_after_cancel: bool = True
    callback_on_first_charge: bool = False
    callback_on_failed_renewal: bool = False
    retry_only_overdue: bool = False
    links_after_cancel: bool = False
    small_invoices_fail: bool = True

    # Payments.
    callback_on_unpaid: bool = True
    order_paid_once: bool = True
    declined_charge_is_error: bool = True
    reversed_order_status: int = 4
    refund_days: int = 1
    batch_seconds: int = 60
    enrolment_status_detail: bool = False

    # Callbacks.
    callback_deadline: float = 15.0
    callback_retries: tuple[float, ...] = ()

    # This simulator.
    remote_control: bool = False

    @property
    def zone(self) -> str:
        return ZONES[self.country]

    @property
    def currency(self) -> str:
        return CURRENCIES[self.country]

"""refund/*: giving money back, once the receiver accepts it by e-mail."""

from __future__ import annotations

from ..results import RefundStatus
from .family import Amount, Family


class RefundCalls(Family):
    """``client.refund``. ``status``: created, accepted, rejected, refunded, canceled."""

    name = "refund"

    def create(
        self,
        *,
        refund_commerce_order: str,
        receiver_email: str,
        amount: Amount,
        url_callback: str,
        commerce_trx_id: str | None = None,
        flow_trx_id: str | None = None,
    ) -> RefundStatus:
        """Order a refund of ``amount`` (CLP: whole pesos) of the payment that is named by our order
        (``commerce_trx_id``) or Flow's (``flow_trx_id``). Never repeat it when the outcome is
        unknown: nothing is documented to guard against a second refund."""
        return self._post(
            "create",
            RefundStatus,
            {
                "refundCommerceOrder": refund_commerce_order,
                "receiverEmail": receiver_email,
                "amount": amount,
                "urlCallBack": url_callback,
                "commerceTrxId": commerce_trx_id,
                "flowTrxId": flow_trx_id,
            },
        )

    def cancel(self, token: str) -> RefundStatus:
        """Call off a refund that its receiver has not accepted."""
        return self._post("cancel", RefundStatus, {"token": token})

    def get_status(self, token: str) -> RefundStatus:
        """What became of a refund."""
        return self._get("getStatus", RefundStatus, {"token": token})

"""What a payer does on the site of a demo, without JavaScript."""

from __future__ import annotations

from payment_subscriptions.testing.browser import Browser, Page


def subscribe_at_flow(browser: Browser, site: str, price: str, email: str = "ana@correo.cl") -> Page:
    """Choose that price, register the card that the simulated Flow fills in, come back; the result page."""
    plans = browser.open(f"{site}/pagos/?provider=flow&currency=CLP")
    dialog = browser.open(next(link for link in plans.links if f"price={price}" in link))
    there = browser.follow(browser.send(dialog.form("/pagos/flow/create/"), email=email))
    back = browser.send(there.form("/app/customer/disclaimer.php"), "accion=aceptar")
    return browser.send(back.form("/pagos/success/"))

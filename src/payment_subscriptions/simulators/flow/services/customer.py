"""customer/*: who pays, and the card that they enrol."""

from __future__ import annotations

from .. import wire
from ..account import Account
from ..errors import NO_CONTRACT, NOT_FOUND, ApiError, business
from ..formats import Json
from ..parameters import Params, check_email
from ..records import Customer, Enrolment
from .registry import listed, named, service


@service("POST", "customer/create", "name", "email", "externalId")
def create(account: Account, params: Params) -> Json:
    external_id = params.text("externalId")
    email = _email(params.text("email"))
    _check_external_id(account, external_id)
    customer = Customer(
        account.ids.customer(), params.text("name"), email, external_id, account.clock.local()
    )
    account.customers[customer.id] = customer
    return wire.customer(customer)


def _email(email: str) -> str:
    try:
        return check_email(email)
    except ApiError:
        raise business("email is not valid") from None


def _check_external_id(account: Account, external_id: str, but: str = "") -> None:
    for each in account.customers.values():
        gone = each.status == "0" and account.options.external_id_reusable_after_delete
        if each.external_id == external_id and each.id != but and not gone:
            raise business(f"There is a customer with this externalId: {external_id}")


@service("POST", "customer/edit", "customerId")
def edit(account: Account, params: Params) -> Json:
    customer = account.customer(params.text("customerId"))
    email, external_id = params.maybe("email"), params.maybe("externalId")
    if email:
        _email(email)
    if external_id:
        _check_external_id(account, external_id, but=customer.id)
    customer.name = params.maybe("name") or customer.name
    customer.email = email or customer.email
    customer.external_id = external_id or customer.external_id
    return wire.customer(customer)


@service("POST", "customer/delete", "customerId")
def delete(account: Account, params: Params) -> Json:
    customer = account.customer(params.text("customerId"))
    subscriptions = account.subscriptions_of(customer.id)
    if any(each.live for each in subscriptions):
        raise business("The customer has active subscriptions")
    if any(account.invoices[number].open for each in subscriptions for number in each.invoices):
        raise business("The customer has unpaid invoices")
    customer.status = "0"
    return wire.customer(customer)


@service("GET", "customer/get", "customerId")
def get(account: Account, params: Params) -> Json:
    return wire.customer(account.customer(params.text("customerId")))


@service("GET", "customer/list")
def customers(account: Account, params: Params) -> Json:
    status = params.maybe("status")
    rows = [
        _in_list(account, each)
        for each in account.customers.values()
        if named(params, each.name) and status in (None, each.status)
    ]
    return listed(params, rows)


def _in_list(account: Account, customer: Customer) -> Json:
    row = wire.customer(customer)
    if account.options.list_names_without_hyphens:
        row["name"] = customer.name.replace("-", "")
    return row


@service("POST", "customer/register", "customerId", "url_return")
def register(account: Account, params: Params) -> Json:
    if not account.options.card_contract:
        raise NO_CONTRACT
    customer = account.customer(params.text("customerId"))
    enrolment = Enrolment(account.ids.token(), customer.id, params.text("url_return"))
    account.enrolments[enrolment.token] = enrolment
    return {"url": f"{account.base_url}/app/customer/disclaimer.php", "token": enrolment.token}


@service("GET", "customer/getRegisterStatus", "token")
def get_register_status(account: Account, params: Params) -> Json:
    enrolment = account.enrolments.get(params.text("token"))
    if enrolment is None:
        raise NOT_FOUND
    return wire.enrolment(enrolment)


@service("POST", "customer/unRegister", "customerId")
def un_register(account: Account, params: Params) -> Json:
    customer = account.customer(params.text("customerId"))
    if customer.card is None:
        raise business("The customer does not have a credit card registered")
    customer.card = customer.registered = None
    return wire.customer(customer)


@service("GET", "customer/getSubscriptions", "customerId")
def get_subscriptions(account: Account, params: Params) -> Json:
    customer = account.customer(params.text("customerId"))
    found = account.subscriptions_of(customer.id)
    names = {each.id: account.plans[each.plan_id].name for each in found}
    rows = [wire.subscription(account, each) for each in found if named(params, names[each.id])]
    return listed(params, rows)

"""Products, prices, coupons and promotion codes."""

from __future__ import annotations

from .. import money
from ..account import Account, Thing
from ..decoding import METADATA
from ..errors import ApiError, wrong
from ..events import tell
from .registry import PAGING, Operation, getter, listed, lister, matches, set_metadata

INTERVALS = "one of day|week|month|year"


def _create_product(account: Account, params: Thing) -> Thing:
    key = params.get("id") or account.ids.new("prod", 14)
    if key in account.products:
        raise ApiError(f"Product already exists: {key}", code="resource_already_exists", param="id")
    product = account.base("prod", "product") | {
        "id": key,
        "active": params.get("active", True),
        "default_price": None,
        "description": params.get("description"),
        "images": [],
        "marketing_features": [],
        "metadata": params.get("metadata") or {},
        "name": params["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "unit_label": None,
        "updated": account.now(),
        "url": None,
    }
    return _told(account, "product.created", account.add("products", product))


def _update(table: str) -> object:
    def run(account: Account, key: str, params: Thing) -> Thing:
        thing = account.get(table, key)
        set_metadata(thing, params)
        thing |= params
        return _told(account, f"{thing['object']}.updated", thing)

    return run


def _told(account: Account, name: str, thing: Thing) -> Thing:
    tell(account, name, thing)
    return thing


def _create_price(account: Account, params: Thing) -> Thing:
    currency, key = params["currency"], params.get("lookup_key")
    amount = params.get("unit_amount")
    if amount is None or amount < 0:
        raise ApiError("Missing required param: unit_amount.", param="unit_amount", validation=True)
    money.check(amount, currency)
    account.get("products", params["product"], param="product", status=400)
    same = [p for p in account.prices.values() if key and p["lookup_key"] == key]
    if same and not params.get("transfer_lookup_key"):
        raise ApiError(
            f"A price already uses that lookup key: {key}", code="resource_already_exists", param="lookup_key"
        )
    for other in same:
        other["lookup_key"] = None
    recurring = params.get("recurring")
    price = account.base("price", "price") | {
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "currency": currency,
        "custom_unit_amount": None,
        "lookup_key": key,
        "metadata": params.get("metadata") or {},
        "nickname": params.get("nickname"),
        "product": params["product"],
        "recurring": {
            "interval": recurring["interval"],
            "interval_count": recurring.get("interval_count", 1),
            "meter": None,
            "usage_type": "licensed",
        }
        if recurring
        else None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
    return _told(account, "price.created", account.add("prices", price))


def _list_prices(account: Account, params: Thing) -> Thing:
    keys = params.get("lookup_keys")
    found = [
        price
        for price in account.prices.values()
        if matches(price, params, "active", "currency", "product", "type")
        and (keys is None or price["lookup_key"] in keys)
    ]
    return listed(found, params, "/v1/prices")


def _create_coupon(account: Account, params: Thing) -> Thing:
    key = params.get("id") or account.ids.new("", 8).strip("_")
    if key in account.coupons:
        raise ApiError("Coupon already exists.", code="resource_already_exists", param="id")
    percent, amount = params.get("percent_off"), params.get("amount_off")
    if (percent is None) == (amount is None):
        raise wrong("You must pass either percent_off or amount_off.")
    if percent is not None and not 0 < percent <= 100:
        raise wrong("Invalid percent_off: it must be larger than 0 and at most 100.", "percent_off")
    if amount is not None and (amount <= 0 or not params.get("currency")):
        raise wrong("amount_off must be positive, and have a currency.", "amount_off")
    if (params.get("duration") == "repeating") != bool(params.get("duration_in_months")):
        raise wrong("A repeating coupon, and no other, has duration_in_months.", "duration_in_months")
    coupon = account.base("coupon", "coupon") | {
        "id": key,
        "amount_off": amount,
        "currency": params.get("currency"),
        "duration": params.get("duration", "once"),
        "duration_in_months": params.get("duration_in_months"),
        "max_redemptions": params.get("max_redemptions"),
        "metadata": params.get("metadata") or {},
        "name": params.get("name"),
        "percent_off": percent,
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
    }
    if coupon["redeem_by"]:
        account.clock.at(account.at(coupon["redeem_by"]), lambda: coupon.update(valid=False))
    return _told(account, "coupon.created", account.add("coupons", coupon))


def _create_code(account: Account, params: Thing) -> Thing:
    coupon = params["promotion"]["coupon"]
    account.get("coupons", coupon, param="promotion[coupon]", status=400)
    text = params.get("code") or account.ids.number()
    if any(_is_same(code, text, params.get("customer")) for code in account.promotion_codes.values()):
        raise ApiError(f"An active promotion code with `code: {text}` already exists.", param="code")
    code = account.base("promo", "promotion_code") | {
        "active": True,
        "code": text,
        "customer": params.get("customer"),
        "expires_at": params.get("expires_at"),
        "max_redemptions": params.get("max_redemptions"),
        "metadata": params.get("metadata") or {},
        "promotion": {"coupon": coupon, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
        "times_redeemed": 0,
    }
    return _told(account, "promotion_code.created", account.add("promotion_codes", code))


def _is_same(code: Thing, text: str, customer: str | None) -> bool:
    """However its letters are written, among the active ones for that customer, or for all."""
    same = code["code"].lower() == text.lower() and code["customer"] == customer
    return bool(code["active"] and same)


def _list_codes(account: Account, params: Thing) -> Thing:
    """A code is found however its letters are written."""
    wanted = params.get("code")
    found = [
        code
        for code in account.promotion_codes.values()
        if matches(code, params, "active", "customer")
        and (wanted is None or code["code"].lower() == wanted.lower())
    ]
    return listed(found, params, "/v1/promotion_codes")


PRODUCT = {"name": "str", "active": "bool", "description": "text", "metadata": METADATA}
OPERATIONS = (
    Operation("POST", "/v1/products", _create_product, PRODUCT | {"id": "str"}, ("name",)),
    Operation(
        "GET", "/v1/products", lister("products", "/v1/products", "active"), PAGING | {"active": "bool"},
    ),
    Operation("GET", "/v1/products/{id}", getter("products")),
    Operation("POST", "/v1/products/{id}", _update("products"), PRODUCT),  # type: ignore[arg-type]
    Operation(
        "POST", "/v1/prices", _create_price,
        {
            "currency": "str", "unit_amount": "int", "product": "str", "nickname": "text",
            "lookup_key": "text", "transfer_lookup_key": "bool", "active": "bool", "metadata": METADATA,
            "recurring": {"interval": INTERVALS, "interval_count": "int"},
        },
        ("currency", "product"),
    ),
    Operation(
        "GET", "/v1/prices", _list_prices,
        PAGING | {
            "lookup_keys": ["str"], "active": "bool", "currency": "str", "product": "str", "type": "str",
        },
    ),
    Operation("GET", "/v1/prices/{id}", getter("prices")),
    Operation(
        "POST", "/v1/prices/{id}", _update("prices"),  # type: ignore[arg-type]
        {"active": "bool", "nickname": "text", "metadata": METADATA, "lookup_key": "text"},
    ),
    Operation(
        "POST", "/v1/coupons", _create_coupon,
        {
            "id": "str", "percent_off": "float", "amount_off": "int", "currency": "str",
            "duration": "one of forever|once|repeating", "duration_in_months": "int",
            "max_redemptions": "int", "redeem_by": "int", "name": "text", "metadata": METADATA,
        },
    ),
    Operation("GET", "/v1/coupons/{id}", getter("coupons")),
    Operation(
        "POST", "/v1/promotion_codes", _create_code,
        {
            "promotion": {"coupon": "str", "type": "one of coupon"}, "code": "str", "customer": "str",
            "expires_at": "int", "max_redemptions": "int", "metadata": METADATA,
        },
        ("promotion",),
    ),
    Operation(
        "GET", "/v1/promotion_codes", _list_codes,
        PAGING | {"code": "str", "active": "bool", "customer": "str"},
    ),
)  # fmt: skip

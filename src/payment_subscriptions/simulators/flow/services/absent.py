"""Services that Flow has and this simulator does not: they say so."""

from __future__ import annotations

from .registry import not_simulated

_ABSENT = {
    "POST": (
        "customer/batchCollect",
        "merchant/create", "merchant/edit", "merchant/delete",
    ),
    "GET": (
        "customer/getBatchCollectStatus",
        "settlement/getByDate", "settlement/getById", "settlement/search", "settlement/getByIdv2",
        "merchant/get", "merchant/list",
    ),
}  # fmt: skip

for _method, _paths in _ABSENT.items():
    for _path in _paths:
        not_simulated(_method, _path)

"""How pages and redirects are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as django_render
from django.urls import reverse

from .. import conf


class SeeOther(HttpResponseRedirect):
    """303: whatever was sent, what comes next is read by GET."""

    status_code = 303


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller reads JSON: fetch sends ``*/*``, a browser's form asks for text/html first."""
    accepted = request.headers.get("Accept", "*/*").lower()
    html, json = accepted.find("text/html"), accepted.find("application/json")
    return html < 0 or 0 <= json < html


def see_other(name: str, **arguments: Any) -> SeeOther:
    return SeeOther(reverse(f"payments:{name}", kwargs=arguments))


def render(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """One of our templates, with what all of them show: the site's name and where to get help."""
    everywhere = {
        "site": conf.site_name(request.get_host()),
        "support": str(conf.get("SUPPORT_CONTACT")),
        "support_url": conf.support_url(),
    }
    return django_render(
        request, f"payment_subscriptions/{template}", everywhere | dict(context), status=status
    )

"""How the simulators' pages look: one column, no outside resources, light and dark.

What a page may load is its own style and, where it has one, its own script: nothing else, by its policy.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape

from werkzeug.wrappers import Response

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--paper:#fff;--back:#f2f4f7;--line:#d5dbe3;
--main:#0a5fd6;--on-main:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#a7b1bf;--paper:#1b222c;--back:#11161d;
--line:#38424f;--main:#7db2ff;--on-main:#0b1420}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:30rem;margin:0 auto;padding:1rem}
main.wide{max-width:60rem}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;
margin:0 0 1rem}
.test{background:#ffe9a8;color:#3d2f00;border-radius:.5rem;padding:.4rem .75rem;font-size:.9rem}
h1{font-size:1.3rem;margin:.75rem 0}h2{font-size:1.05rem;margin:1.25rem 0 .5rem}
dl{display:grid;grid-template-columns:minmax(30%,auto) minmax(40%,1fr);gap:.25rem 1rem;margin:0 0 1rem}
dt{color:var(--soft)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
label,details{display:block;margin:.75rem 0 .25rem}a{color:var(--main)}
input,select{width:100%;font:inherit;padding:.65rem;border:1px solid var(--line);border-radius:.5rem;
background:var(--paper);color:inherit}
button{display:block;width:100%;font:inherit;padding:.75rem;margin:.6rem 0 0;border-radius:.5rem;
border:1px solid var(--line);background:transparent;color:inherit;cursor:pointer}
button.main{background:var(--main);color:var(--on-main);border-color:var(--main);font-weight:600}
:focus-visible{outline:3px solid var(--main);outline-offset:2px}
.amount{font-size:1.6rem;font-weight:700}.soft{color:var(--soft)}
.problem{border-left:4px solid #c62828;padding-left:.75rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{text-align:left;padding:.35rem .5rem;
border-bottom:1px solid var(--line);vertical-align:top}
.scroll{overflow-x:auto}code{font-size:.9em;overflow-wrap:anywhere}
"""


_BANNER = {"es": "Simulador: aquí no se mueve dinero.", "en": "Simulator: no money moves here."}
_GO = "document.getElementById('volver').submit()"


def page(
    title: str,
    body: str,
    *,
    status: int = 200,
    wide: bool = False,
    language: str = "es",
    script: str = "",
    forms_to: Sequence[str] | None = None,
) -> Response:
    """A whole page; ``body`` is HTML, its variable parts escaped already.

    ``forms_to``: where its forms may lead besides the page itself, redirects included; None is anywhere.
    """
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<main{" class=wide" if wide else ""}><p class="test">{_BANNER[language]}</p>'
        f"{body}</main>{f'<script>{script}</script>' if script else ''}</body></html>"
    )
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _policy(script, forms_to)
    response.headers["Referrer-Policy"] = "no-referrer"  # addresses here are all that it takes to pay
    return response


def _policy(script: str, forms_to: Sequence[str] | None) -> str:
    parts = [
        "default-src 'none'",
        f"style-src '{_hash(_STYLE)}'",
        *([f"script-src '{_hash(script)}'"] if script else []),
        *([] if forms_to is None else [" ".join(["form-action 'self'", *forms_to])]),
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    return "; ".join(parts)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def facts(rows: Mapping[str, str]) -> str:
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    return f"<dl>{lines}</dl>"


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def return_to(url: str, fields: Mapping[str, str], heading: str) -> Response:
    """Send the browser back by a POST of its own accord; with a button where scripts are off."""
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    body = (
        f'<div class="card"><h1>{escape(heading)}</h1><p>Volviendo al comercio…</p>'
        f'<form id="volver" method="post" action="{escape(url)}">{inputs}'
        '<button class="main">Volver al comercio</button></form></div>'
    )
    return page(heading, body, script=_GO)


def problem(text: str) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""


def buttons(*choices: tuple[str, str], name: str = "accion") -> str:
    """What can be done here, (value, label): the first is the main one."""
    return "".join(
        f'<button name="{name}" value="{value}"{"" if place else " class=main"}>{escape(label)}</button>'
        for place, (value, label) in enumerate(choices)
    )

"""The files, filled in.

A tag stands alone on its line, in a comment of the file's own language (``# {% if flow %}``, in HTML and
Markdown ``<!--% if flow %-->``): the line goes with it. HTML is a template of Django's itself, so there a
value is ``[[ name ]]`` and Django's own tags stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.template import Context, Engine

FILES = Path(__file__).parent / "files"
_IN_A_COMMENT = re.compile(r"^[ \t]*#[ \t]*(\{%[^\n]*?%\})[ \t]*\n", re.MULTILINE)
_IN_MARKUP = re.compile(r"^[ \t]*<!--%([^\n]*?)%-->[ \t]*\n", re.MULTILINE)
_VALUE = re.compile(r"\[\[(.*?)\]\]")
# What stands for Django's own braces meanwhile.
_THEIRS = {"{%": "\x01", "%}": "\x02", "{{": "\x03", "}}": "\x04"}


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """``template``: a path below files/. What does not end in -tpl is copied."""
    text = (FILES / template).read_text(encoding="utf-8")
    if not template.endswith("-tpl"):
        return text
    is_html = template.endswith(".html-tpl")
    if is_html:
        for theirs, stand_in in _THEIRS.items():
            text = text.replace(theirs, stand_in)
        text = _VALUE.sub(r"{{\1}}", text)
    text = _IN_A_COMMENT.sub(r"\1", _IN_MARKUP.sub(r"{%\1%}", text))
    filled = str(
        Engine(autoescape=is_html).from_string(text).render(Context(dict(values), autoescape=is_html))
    )
    if is_html:
        for theirs, stand_in in _THEIRS.items():
            filled = filled.replace(stand_in, theirs)
    return filled

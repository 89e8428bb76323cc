"""The site of docs/, built by ``make docs`` into build/docs. Every warning is an error there."""

from __future__ import annotations

import os
import re
from gettext import translation
from pathlib import Path
from typing import Any

from sphinx import package_dir
from sphinx.application import Sphinx

from payment_subscriptions import __version__

HERE = Path(__file__).parent
ROOT = HERE.parent

project = "payment-subscriptions"
author = "payment-subscriptions"
version = release = __version__
project_copyright = ""

extensions = ["myst_parser"]
exclude_patterns = ["figures", "images"]
myst_heading_anchors = 4  # headings are linked to as they are on GitHub
nitpicky = True
highlight_language = "text"  # of a block that names none: what is typed, or what is answered
smartquotes = False  # what is to be copied keeps its quotes

html_theme = "furo"  # system fonts, light and dark, nothing from elsewhere
html_title = "payment-subscriptions"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
html_domain_indices = False
html_last_updated_fmt = None

# Pages of the site whose text stands at the repository's root.
AT_ROOT = {
    "adding-a-gateway": "ADDING_A_GATEWAY.md",
    "changelog": "CHANGELOG.md",
    "contributing": "CONTRIBUTING.md",
    "reporting": "SECURITY.md",
}
LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)((?:#[^)\s]*)?)\)")


def read_from_root(_: Sphinx, docname: str, source: list[str]) -> None:
    """Takes the text of a page that stands at the root, and turns links that leave docs/ around."""
    folder = HERE / Path(docname).parent
    if docname in AT_ROOT:
        source[0] = (ROOT / AT_ROOT[docname]).read_text(encoding="utf-8")
        folder = ROOT
    source[0] = LINK.sub(lambda found: _turned(found, folder, docname), source[0])


def _turned(found: re.Match[str], folder: Path, docname: str) -> str:
    """The link as it holds on the site: files that are no page of it are named, and not linked to."""
    text, target, anchor = found.groups()
    if "://" in target or target.startswith("mailto:"):
        return found[0]
    file = Path(os.path.normpath(folder / target))
    if not file.exists():
        return found[0]  # Sphinx tells of it
    pages = {ROOT / name: HERE / f"{page}.md" for page, name in AT_ROOT.items()}
    file = pages.get(file, file)
    if HERE not in file.parents:
        return text
    return f"[{text}]({os.path.relpath(file, (HERE / docname).parent)}{anchor})"


def speak(_: Sphinx, docname: str, __: str, context: dict[str, Any], ___: object) -> None:
    """A page in Spanish says so, and what the theme adds to it is Spanish too."""
    if not docname.endswith(".es"):
        return
    spanish = translation("sphinx", os.path.join(package_dir, "locale"), ["es"])
    context |= {"language": "es", "_": spanish.gettext, "gettext": spanish.gettext}


def reach(_: Sphinx, __: str, ___: str, context: dict[str, Any], ____: object) -> None:
    """What scrolls by itself can be reached by the keyboard; captions of lists say how deep they stand."""
    for name, plain, reachable in (
        ("body", "<pre>", '<pre tabindex="0">'),
        ("body", '<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
        ("furo_navigation_tree", 'role="heading"', 'role="heading" aria-level="2"'),
    ):
        if context.get(name):
            context[name] = context[name].replace(plain, reachable)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", read_from_root)
    app.connect("html-page-context", speak)
    app.connect("html-page-context", reach, priority=900)  # after the theme's own
    return {"parallel_read_safe": True, "parallel_write_safe": True}

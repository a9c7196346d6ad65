"""The frame of the report: one page whose only script and style are named by their hash, and which may load nothing."""

import base64
import hashlib
from html import escape
from importlib.resources import files
from string import Template
from typing import NamedTuple

STYLES = (
    "colours.css",
    "base.css",
    "masthead.css",
    "metrics.css",
    "distributions.css",
    "filters.css",
    "table.css",
    "chat.css",
    "notes.css",
    "conclusions.css",
    "narrow.css",
    "print.css",
)
SCRIPTS = (
    "dom.js",
    "format.js",
    "charts.js",
    "masthead.js",
    "metrics.js",
    "distributions.js",
    "unscored.js",
    "agreement.js",
    "filters.js",
    "columns.js",
    "table.js",
    "refreshing.js",
    "evidence.js",
    "messages.js",
    "findings.js",
    "conclusions.js",
    "thread.js",
    "main.js",
)
DATA_GOES_HERE = "<!-- data -->"


class Page(NamedTuple):
    """What stands before and after the data."""

    head: bytes
    tail: bytes


def make_page(title: str) -> Page:
    """The page with this title, cut where its data goes."""
    style = "".join(_read(name) for name in STYLES)
    script = "".join(["'use strict';\n", *(_read(name) for name in SCRIPTS)])
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:"
    values = {
        "title": escape(title.encode("utf-8", "replace").decode()),
        "policy": f"{policy}; base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
    }
    head, tail = (Template(part).substitute(values).encode() for part in _read("page.html").split(DATA_GOES_HERE))
    return Page(head, tail)


def _read(name: str) -> str:
    return files("tasks.reports.template").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

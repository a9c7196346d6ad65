"""Write the page of a training's predictions: one self-contained file that loads nothing and needs no network."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import JsonValue

from tasks.reports.encoding import script_json
from tasks.reports.predictions.curves import HEIGHT, WIDTH, curves
from tasks.reports.predictions.summary import TrainingSummary
from tasks.reports.predictions.terminal import CHANGES, JUDGED, MEANINGS, change_rows, judge_rows

SHARED = "tasks.reports.template"
OWN = "tasks.reports.predictions.template"
STYLES = (
    (SHARED, "colours.css"),
    (SHARED, "base.css"),
    (SHARED, "masthead.css"),
    (OWN, "curves.css"),
    (OWN, "samples.css"),
)
SCRIPTS = ((SHARED, "dom.js"), (OWN, "words.js"), (OWN, "cards.js"), (OWN, "samples.js"))


def write_training_page(path: Path, summary: TrainingSummary, sheets: Mapping[str, JsonValue]) -> None:
    """Write the page; missing folders are made, a file already there is replaced.

    Args:
        path: The file.
        summary: All steps; at least one.
        sheets: What `Sheets.data` gives.

    Raises:
        OSError: The file cannot be written.
    """
    page = training_page(summary, sheets)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(page)


def training_page(summary: TrainingSummary, sheets: Mapping[str, JsonValue]) -> bytes:
    """The page; everything that is foreign is escaped, and the script makes text nodes of it, never markup."""
    style = "".join(_read(*file) for file in STYLES)
    script = "'use strict';\n" + "".join(_read(*file) for file in SCRIPTS)
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'"
    template = Environment(
        loader=PackageLoader("tasks.reports.predictions", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("page.html")
    page = template.render(
        summary=summary,
        last=summary.steps[-1],
        curves=curves(summary),
        width=WIDTH,
        height=HEIGHT,
        changes=change_rows(summary),
        columns=CHANGES,
        verdicts=judge_rows(summary),
        judged=JUDGED,
        meanings=MEANINGS,
        failed=sum(step.failed for step in summary.steps),
        predictions=sum(step.predictions for step in summary.steps),
        policy=f"{policy}; form-action 'none'",
        style=Markup(style),  # ours
        script=Markup(script),  # ours
        data=Markup(script_json(dict(sheets)).decode()),  # cannot leave its element
    )
    return page.encode("utf-8", "replace")


def _read(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

"""docs/evaluate.ipynb, executed as it is: nothing is raised, nothing is written to standard error."""

from pathlib import Path
from typing import Any, cast

import nbformat
from nbclient import NotebookClient

from deployments.local.server import LocalServer
from settings import Settings
from tests.rows import rows

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOK = DOCS / "evaluate.ipynb"


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def texts(notebook: Any) -> list[str]:
    return [output.get("text") or output["data"]["text/plain"] for output in outputs(notebook)]


async def test_the_notebook_runs_and_shows_what_the_file_shows(settings: Settings, prefect_server: LocalServer) -> None:
    kept, notebook = (cast(Any, nbformat).read(NOTEBOOK, as_version=4) for _ in range(2))
    await NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(DOCS)}}).async_execute()
    assert [output for output in outputs(notebook) if output.get("name") == "stderr"] == []
    assert texts(notebook) == texts(kept), "refresh it: .venv/bin/jupyter execute --inplace docs/evaluate.ipynb"
    judges = rows(settings, "SELECT judge_provider FROM eval_runs ORDER BY created_at")
    assert [row["judge_provider"] for row in judges] == ["rules", "scripted"]

"""Prefect's UI as a user goes through it: the form of a deployment, the page of a run, its artifacts."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from tests.fixtures.browser import SIZE_PIXELS, Watched

if TYPE_CHECKING:
    from playwright.sync_api import Locator

SCREENSHOTS = os.environ.get("EVALFLOWS_SCREENSHOTS")
"""A folder to put pictures in, for docs/images; unset: none are taken."""
PATIENCE_SECONDS = 240
LOOK_SECONDS = 1
SHOWN_MILLISECONDS = 2_000
UNHAPPY_ENDS = ("Failed", "Crashed")
DRAWN_MILLISECONDS = 8_000
CLICK_FIRST = "cards => cards.slice(0, 1).map(card => card.click()).length > 0"
"""Found and clicked in one step: the page draws its list anew when it learns that the run has ended."""
CELLS = "rows => rows.map(row => Array.from(row.querySelectorAll('td'), cell => cell.innerText.trim()))"


class PrefectUi:
    """One user at the UI; every request of the page is recorded."""

    def __init__(self, watched: Watched, url: str) -> None:
        self.watched = watched
        self.page = watched.page
        self.url = url

    def open_form(self, deployment: str) -> None:
        """The form of Custom run, by the way a user takes: list of deployments, deployment, Run."""
        self.page.goto(f"{self.url}/deployments")
        listed = self.page.locator("a[href*='/deployments/deployment/']")
        listed.filter(has_text=re.compile(rf"^\s*{deployment}\s*$")).click()
        self.page.get_by_role("button", name="Run", exact=True).click()
        self.page.get_by_text("Custom run").click()
        self.field("source").wait_for()

    def field(self, parameter: str) -> "Locator":
        """What the form shows about a parameter: name, description, control."""
        label = self.page.locator(".schema-form-property__label")
        named = label.filter(has_text=re.compile(rf"^{parameter}( \(Optional\))?$"))
        return self.page.locator(".schema-form-property").filter(has=named)

    def fill(self, **values: object) -> None:
        """Write these into the form."""
        for parameter, value in values.items():
            self.field(parameter).locator("textarea, input").fill(str(value))

    def submit(self) -> None:
        self.page.get_by_role("button", name="Submit").click()

    def start_run(self) -> UUID:
        """Submit the form, and go to the page of the run that it made."""
        with self.page.expect_response("**/create_flow_run") as made:
            self.submit()
        run_id = UUID(made.value.json()["id"])
        self.open_run(run_id)
        return run_id

    def run_state(self) -> str:
        """The state on the page of a run, as it is shown now."""
        return self.page.locator("[class*=state-badge]").first.inner_text().strip()

    def wait_for_state(self, state: str) -> None:
        ends = {state, *UNHAPPY_ENDS}
        wait_for(lambda: self.run_state() in ends, lambda: f"the run is {self.run_state()}, not {state}")
        assert self.run_state() == state, self.page.locator("body").inner_text()

    def cancel_run(self) -> None:
        """Press Cancel on the page of a run, and confirm."""
        self.page.get_by_role("button", name="Cancel", exact=True).click()
        self.page.get_by_role("button", name="Confirm").click()

    def open_run(self, run_id: UUID) -> None:
        self.page.goto(f"{self.url}/runs/flow-run/{run_id}")

    def open_artifact(self, run_id: UUID, key: str) -> None:
        """From the page of a run to one of its artifacts, as soon as it is there."""
        named = self.page.get_by_text(key, exact=True)
        cards = self.page.locator("a[href*='/artifacts/artifact/']").filter(has=named)
        wait_for(lambda: self._list_artifacts(run_id) and cards.evaluate_all(CLICK_FIRST), lambda: f"no artifact {key}")
        self.page.wait_for_url("**/artifacts/artifact/*")

    def _list_artifacts(self, run_id: UUID) -> bool:
        """Load the page of the run anew, and go down to the artifacts of its tasks, which are drawn when in sight."""
        self.open_run(run_id)
        self.page.get_by_text("Artifacts", exact=True).click()
        self.page.mouse.move(SIZE_PIXELS[0] / 2, SIZE_PIXELS[1] * 0.8)
        self.page.mouse.wheel(0, 5_000)
        self.page.wait_for_timeout(SHOWN_MILLISECONDS)
        return True

    def progress_percent(self) -> float:
        """What the page of a progress artifact says after it was loaded again."""
        self.page.reload()
        said = re.compile(r"Progress: ([\d.]+)%")
        shown = said.search(self.page.get_by_text(said).inner_text())
        assert shown is not None
        return float(shown[1])

    def tables(self) -> list[list[str]]:
        """The rows of the tables on the page, cell by cell."""
        self.page.locator("td").first.wait_for()
        return [row for row in self.page.locator("tr").evaluate_all(CELLS) if row]

    def picture(self, name: str, height: int = 900) -> None:
        """Take a picture of the page's upper part for the documentation, where one is wanted."""
        if not SCREENSHOTS:
            return
        self.page.set_viewport_size({"width": SIZE_PIXELS[0], "height": height})
        self.page.mouse.move(700, 300)
        self.page.mouse.wheel(0, -10_000)
        self.page.wait_for_timeout(DRAWN_MILLISECONDS)
        self.page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", animations="disabled")
        self.page.set_viewport_size({"width": SIZE_PIXELS[0], "height": SIZE_PIXELS[1]})


def wait_for(condition: Callable[[], bool], problem: Callable[[], str]) -> None:
    """Look until it is so; the UI polls the server, and the machine may be slow."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, problem()
        time.sleep(LOOK_SECONDS)

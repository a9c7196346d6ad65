"""A report opened in a real browser: what it shows, what it logged, what it asked the network for."""

import json
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from storage.records import Run
from tasks.reports.html import write_report
from tasks.reports.thread import ReportThread
from tests.tasks.reports.sample_evaluations import JSONObject
from tests.tasks.reports.sample_report import sample_run, sample_summary
from tests.tasks.reports.sample_threads import sample_threads

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1300,900",
)
WAIT_SECONDS = 30


def missing_browser() -> str | None:
    """Why no browser can be driven here; None when one can."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return (
        f"{' and '.join(missing)} not installed (Debian: apt-get install chromium chromium-driver)" if missing else None
    )


def open_browser(profile: Path) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))


class BrowserPage:
    """One report in the browser."""

    def __init__(self, driver: webdriver.Chrome, folder: Path) -> None:
        self.driver = driver
        self.path = folder / "report.html"

    def write_and_open(
        self,
        threads: Iterable[ReportThread] | None = None,
        address: str = "",
        run: Run | None = None,
        summary: JSONObject | None = None,
        limit: int = 2000,
    ) -> None:
        found = sample_threads() if threads is None else threads
        write_report(self.path, run or sample_run(), summary or sample_summary(), found, limit=limit)
        self.driver.get("about:blank")
        self.logged("browser")
        self.logged("performance")
        self.driver.get(self.path.as_uri() + address)

    def script(self, source: str, *arguments: object) -> Any:
        return cast(Any, self.driver).execute_script(source, *arguments)

    def logged(self, kind: str) -> list[dict[str, Any]]:
        return cast(Any, self.driver).get_log(kind)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        found = "return [...document.querySelectorAll(arguments[0])].map((element) => element.textContent)"
        return self.script(found, selector)

    def left_edge(self, selector: str) -> float:
        return self.script("return document.querySelector(arguments[0]).getBoundingClientRect().left", selector)

    def height(self, selector: str) -> float:
        return self.script("return document.querySelector(arguments[0]).getBoundingClientRect().height", selector)

    @contextmanager
    def sized(self, width: int, height: int) -> Generator[None]:
        command = cast(Any, self.driver).execute_cdp_cmd
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        command("Emulation.setDeviceMetricsOverride", size)
        try:
            yield
        finally:
            command("Emulation.clearDeviceMetricsOverride", {})

    @contextmanager
    def on_paper(self) -> Generator[None]:
        command = cast(Any, self.driver).execute_cdp_cmd
        command("Emulation.setEmulatedMedia", {"media": "print"})
        try:
            yield
        finally:
            command("Emulation.setEmulatedMedia", {"media": ""})

    def wait_for(self, condition: str) -> None:
        WebDriverWait(self.driver, WAIT_SECONDS).until(lambda _: self.script(f"return Boolean({condition})"))

    def wait_for_count(self, text: str) -> None:
        self.wait_for(f"document.querySelector('.count').textContent.startsWith({json.dumps(text)})")

    def requests(self) -> list[str]:
        events = (json.loads(entry["message"])["message"] for entry in self.logged("performance"))
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

"""`evalflows demo predictions`, cut short: each of its parts does its part."""

import re
from pathlib import Path

import pytest

from deployments.cli import demo
from deployments.cli.main import call
from deployments.demo_predictions.demo import run_demo
from settings import Settings


def test_the_demo_trains_and_shows_each_epoch_one_sample_and_a_page(
    settings: Settings, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_demo(epochs=2, base_epochs=2) == 0
    told = capfd.readouterr().out
    assert re.findall(r"^([012])  +0 % \(0-7\)", told, re.MULTILINE) == ["0", "1", "2"]
    assert "the truth: " in told
    assert "<html" in (tmp_path / "reports" / "predictions.html").read_text()
    assert re.search(r"evalflows predictions compare [0-9a-f-]{36} --user demo", told)


def test_without_the_extra_it_says_in_one_line_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "NEEDED", ("torch", "no_such_module"))
    assert call(["demo", "predictions"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no_such_module is not installed: pip install 'evalflows[train]'" in line

"""Plan files: what a plan says, and what is said of one that cannot be used."""

from pathlib import Path

import pytest

from flows.nightly import SUITE_FLOWS
from tasks.comparable import COMPARABLE
from tasks.nightly.check import refuse_metrics, refuse_suites
from tasks.nightly.plan_file import PlanError, PlanFile, read_plan

SAMPLE = Path(__file__).parents[3] / "tasks/nightly/sample_plan.yaml"
PLAN = """name: shop
time_zone: Europe/Berlin
regression:
  metrics: [success_rate]
suites:
  - name: new
    app: shop
    kind: fresh
    parameters:
      source: threads.csv
      since: 2026-03-01
"""


def check(read: PlanFile) -> PlanFile:
    refuse_suites(read, {name: flow.fn for name, flow in SUITE_FLOWS.items()})
    refuse_metrics(read, {name: tuple(found.metrics) for name, found in COMPARABLE.items()})
    return read


def read(tmp_path: Path, content: str) -> PlanFile:
    path = tmp_path / "plan.yaml"
    path.write_text(content)
    return check(read_plan(path))


def test_the_sample_plan_can_be_used_and_names_files_there_are() -> None:
    plan = check(read_plan(SAMPLE)).plan
    assert all(Path(str(suite.parameters["source"])).is_file() for suite in plan.suites)
    assert {suite.kind for suite in plan.suites} == {"fixed", "fresh"}
    assert plan.app == "several"


def test_paths_go_from_the_folder_of_the_plan_and_dates_stay_texts(tmp_path: Path) -> None:
    plan = read(tmp_path, PLAN + "      judge: scripted:answers.jsonl\n").plan
    assert plan.app == "shop"
    assert plan.suites[0].parameters == {
        "source": str(tmp_path / "threads.csv"),
        "since": "2026-03-01",
        "judge": f"scripted:{tmp_path / 'answers.jsonl'}",
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Europe/Berlin", "Europe/Bern", "line 2, column 12: time_zone: 'Europe/Bern' should be an IANA time zone"),
        ("name: shop", "name: The Shop", "line 1, column 7: name: 'The Shop' "),
        ("kind: fresh", "kind: new", "line 8, column 11: suites[0].kind: 'new' should be 'fixed' or 'fresh'"),
        ("    kind: fresh\n", "", "line 6, column 5: suites[0]: 'kind' is missing"),
        ("app: shop", "apps: shop", "line 7, column 11: suites[0].apps: unknown key"),
        ("app: shop", "name: new", "line 7, column 5: 'name' stands twice"),
        ("since: 2026", "limit: many\n      since: 2026", "line 11, column 14: suites[0].parameters.limit: 'many' "),
        (
            "since: 2026",
            "colour: red\n      since: 2026",
            "line 11, column 15: suites[0].parameters.colour: unknown key",
        ),
        ("      source: threads.csv\n", "", "line 10, column 7: suites[0].parameters: 'source' is missing"),
        ("since: 2026", "fresh: yes\n      since: 2026", "parameters.fresh: not a parameter of a suite: write kind"),
        ("    kind", "    flow: evaluate-thread\n    kind", "suites[0].flow: there is no flow 'evaluate-thread'"),
        ("success_rate", "sucess_rate", "line 4, column 13: regression.metrics[0]: there is no metric 'sucess_rate'"),
        ("regression:", "budget_usd: -1\nregression:", "line 3, column 13: budget_usd: -1 "),
        ("regression:", "notify: [team]\nregression:", "line 3, column 10: notify[0]: 'team' "),
        ("suites:", "suites:\n  - {name: new, kind: fixed, parameters: {source: x}}", "two suites are named 'new'"),
        ("name: shop", "name: [shop", "not YAML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PLAN
    with pytest.raises(PlanError) as error:
        read(tmp_path, PLAN.replace(old, new, 1))
    assert str(error.value).startswith(f"{tmp_path / 'plan.yaml'}: line ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", ["", "- a list\n", "suites: []\nname: shop\n"])
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(PlanError, match=r"plan\.yaml"):
        read(tmp_path, content)


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(PlanError, match="cannot be read"):
        read_plan("nowhere/plan.yaml")

"""What every test shares: where things are, and the switch that turns skips into failures."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from parcelplan.site import open_site
from parcelplan.study import Study, study_site

ROOT = Path(__file__).resolve().parents[1]

# One shared machine, many workers: a slow example is no bug, and a failure must come back on the next run.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a longer campaign against damaged files be asked for."""
    parser.addoption("--fuzz-cases", type=int, default=2000, help="damaged files to read (tests/fuzz)")


@pytest.fixture(scope="session")
def fuzz_cases(pytestconfig: pytest.Config) -> int:
    """How many damaged files the campaign reads."""
    return int(pytestconfig.getoption("--fuzz-cases"))


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def baishiyi() -> Path:
    """The folder of the sample site."""
    return ROOT / "geodata" / "baishiyi"


@pytest.fixture(scope="session")
def baishiyi_study(baishiyi: Path) -> Study:
    """The sample site, computed once for all tests of a worker; nobody may change it."""
    return study_site(open_site(baishiyi))


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure where ``PARCELPLAN_NO_SKIPS=1`` says that nothing may be missing."""
    refused = os.environ.get("PARCELPLAN_NO_SKIPS") == "1"
    if refused and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"PARCELPLAN_NO_SKIPS=1 allows no skip: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hold the switch for tests and fixtures."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Hold the switch for modules that skip themselves whole."""
    report = yield
    _refuse_skip(report)
    return report

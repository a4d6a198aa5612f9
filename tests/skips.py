"""A pytest plugin: where CI says so, a test that was skipped, or failed as expected, counts as failed.

Locally a machine without a browser may skip the journeys and say why; CI installs what is missing, so there a skip
hides a test that no longer runs.
"""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

_REASON = "skipped where CI=true: nothing may be left out there"
# Taken away, so that all else is as it is without: pytest would hold lists that differ against each other line by line,
# which takes half an hour for two thousand lines that are alike.
_STRICT = os.environ.pop("CI", "") == "true"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _failed(report) if _STRICT and report.skipped else report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _failed(report) if _STRICT and report.skipped else report


def _failed(report: Report) -> Report:
    report.outcome = "failed"
    vars(report).pop("wasxfail", None)  # else pytest counts it as foreseen
    report.longrepr = f"{report.nodeid}: {_REASON}\n{report.longreprtext or report.longrepr}"
    return report

"""One examination: every check in turn, none of which can keep another from being asked."""

from app import __version__
from app.health.check import Check, Told, not_asked
from app.health.checks import CHECKS
from app.health.subject import Subject
from app.model.errors import Problem
from app.model.health import Finding, Report, State

_ORDER = list(State)


def examine(subject: Subject) -> Report:
    """The findings of all checks, the worst first; deep ones where the subject is looked at deeply."""
    findings = [look(check, subject) for check in CHECKS]
    findings.sort(key=lambda finding: _ORDER.index(finding.state))
    return Report(
        version=__version__,
        at=subject.clock.now_ms(),
        running=subject.holder != 0,
        deep=subject.deep,
        state=findings[0].state if findings[0].state in (State.WRONG, State.WARNING) else State.FINE,
        findings=tuple(findings),
    )


def look(check: Check, subject: Subject) -> Finding:
    """What one check finds; what keeps it from seeing is told and stops nothing."""
    told = _told(check, subject)
    return Finding(
        id=check.id,
        state=told.state,
        title=check.title,
        found=told.found,
        meaning=check.meaning,
        advice=check.advice,
        command=told.command,
    )


def _told(check: Check, subject: Subject) -> Told:
    if check.deep and not subject.deep:
        return not_asked("takes long: monodesk doctor --deep", "耗时较长，请用 monodesk doctor --deep")
    try:
        return check.look(subject)
    except Problem as problem:
        return not_asked(f"could not be seen: {problem.en}", f"无法查看：{problem.zh}")
    except Exception as error:  # noqa: BLE001 - whatever one check stumbles over, the others are asked
        return not_asked(f"could not be seen: {error}", f"无法查看：{error}")

"""What is wrong with a spec, as an editor beside it shows it: by line and column, without the name of a file."""

from app.adapters.errors import Mark
from app.adapters.specs.cases import CaseResult
from app.model.sources import CaseTold, Mistake


def mistake_of(mark: Mark, en: str, zh: str) -> Mistake:
    """At a place; texts may begin with it."""
    return Mistake(mark.line, mark.column, *plain_mistake(mark, en, zh))


def plain_mistake(mark: Mark, en: str, zh: str) -> tuple[str, str]:
    """The texts without the place that they begin with."""
    return en.removeprefix(f"{mark}: "), zh.removeprefix(f"{mark}：")


def case_told(case: CaseResult) -> CaseTold:
    """One of a spec's cases, with a sentence where it does not hold."""
    en = zh = ""
    if not case.held:
        en = f"Line {case.mark.line}: at {case.path} it expects {case.expected} and gets {case.came}."
        zh = f"第 {case.mark.line} 行：{case.path} 期望 {case.expected}，实际 {case.came}。"
    return CaseTold(case.name, case.held, case.path, case.expected, case.came, en, zh)

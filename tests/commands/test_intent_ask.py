"""The desk's intents checked and asked by command: beside a running server and alone."""

import json
from pathlib import Path

from tests.commands.test_commands import appliance, run  # noqa: F401 - a fixture
from tests.journeys.appliance import Appliance

INTENTS = """\
intents:
- name: refund
  title: {en: Refund, zh: 退款}
  rules:
  - pattern: "*refund*"
  - pattern: 退款 {order_no}
  cases:
  - {text: a refund please, intent: refund}
  - {text: what a lovely day}
"""


def imported(data: Path, text: str) -> None:
    file = data.parent / "intents.yaml"
    file.write_text(text, encoding="utf-8")
    assert run("intent", "import", str(file), data=data).returncode == 0


def test_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    imported(data, INTENTS)
    told = run("intent", "ask", "--json", "退款 SO-2024-00123", data=data)
    assert json.loads(told.stdout)["slots"] == {"order_no": "SO-2024-00123"}
    told = run("intent", "check", data=data)
    assert (told.returncode, told.stdout) == (0, "0 errors, 0 warnings; 2 of 2 cases hold.\n")


def test_beside_a_running_server(appliance: Appliance) -> None:  # noqa: F811
    data = appliance.data
    imported(data, INTENTS)
    told = run("intent", "ask", "I", "want", "a", "refund", data=data)
    assert told.stdout.startswith("refund: answered (confidence 0.99, by a rule)\n  rule      *refund*\n")
    told = run("intent", "ask", "--json", "退款 SO-2024-00123", data=data)
    assert json.loads(told.stdout)["slots"] == {"order_no": "SO-2024-00123"}
    told = run("intent", "ask", "你好", data=data, language="zh_CN.UTF-8")
    assert "转人工" in told.stdout
    told = run("intent", "check", data=data)
    assert (told.returncode, told.stdout) == (0, "0 errors, 0 warnings; 2 of 2 cases hold.\n")
    imported(data, INTENTS.replace("lovely day", "lovely refund"))
    told = run("intent", "check", data=data)
    assert told.returncode == 1
    assert "case: “what a lovely refund” is to be -, and is refund (rule, 0.99)." in told.stdout

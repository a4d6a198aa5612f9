"""Each scanner finds what it is there for: faults are planted in a small tree of their own, one for each rule."""

import re
from pathlib import Path

import pytest

from tests.scan.scanners import RULES, bandit, secrets, semgrep

# By rule: where the fault would stand, and the line.
PLANTED = {
    "sql-put-together": ("app/storage/x.py", "tx.execute(f\"SELECT id FROM agents WHERE name = '{name}'\")"),
    "sql-outside-storage": ("app/chat/x.py", 'FIND = "SELECT id FROM agents WHERE name = :name"'),
    "sqlite-outside-storage": ("app/chat/x.py", "import sqlite3"),
    "code-from-text": ("app/intent/x.py", "value = eval(text)"),
    "objects-from-bytes": ("app/bus/x.py", "import pickle"),
    "yaml-that-builds-objects": ("app/adapters/x.py", "rules = yaml.load(text)"),
    "a-shell": ("installer/x.py", "subprocess.run(command, shell=True)"),
    "time-not-passed-in": ("app/tickets/x.py", "now = time.time()"),
    "a-loop-that-may-not-run": ("app/bus/x.py", "loop = asyncio.get_event_loop()"),
    "a-second-http-client": ("app/adapters/x.py", "import requests"),
    "print-outside-commands": ("app/chat/x.py", "print(message)"),
    "secret-compared-in-time": ("app/accounts/x.py", "good = session.secret == given"),
    "a-name-before-the-file": ("app/files/x.py", "path = tempfile.mktemp()"),
    "shared-temporary-folder": ("app/files/x.py", 'folder = "/tmp/uploads"'),
    "secret-in-the-log": ("app/accounts/x.py", '_log.info("signed in", extra={"with": session.token})'),
    "queue-without-a-bound": ("app/outbox/x.py", "waiting = asyncio.Queue()"),
    "the-loop-sleeps": ("app/gateway/x.py", "time.sleep(1)"),
    "certificate-not-checked": ("app/certificates/x.py", "context.check_hostname = False"),
    "chance-for-secrets": ("app/accounts/x.py", "import random"),
    "hash-that-is-broken": ("app/accounts/x.py", "digest = hashlib.md5(secret)"),
    "markup-from-text": ("app/web/src/x.ts", "element.innerHTML = text;"),
    "code-from-text-in-the-browser": ("app/web/src/x.ts", "const f = new Function(text);"),
    "address-that-is-code": ("app/web/src/x.ts", "link.href = 'javascript:alert(1)';"),
    "word-to-any-window": ("app/web/src/x.ts", "window.parent.postMessage(secret, '*');"),
    "cookie-in-script": ("app/web/src/x.ts", "const all = document.cookie;"),
    "chance-for-names": ("app/web/src/x.ts", "const cid = Math.random().toString(36);"),
}
# What is like a fault and is none.
INNOCENT = {
    "app/storage/good.py": 'tx.execute("SELECT id FROM agents WHERE name = :name", {"name": name})',
    "app/commands/good.py": "print(answer)",
    "app/model/clock.py": "now = time.time()",
    "app/accounts/good.py": 'empty = secret == ""\n_log.info("signed in", extra={"agent": agent.id})',
    "app/web/src/good.ts": "element.textContent = text;\nframe.postMessage(word, origin);",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("planted")
    for path, line in [*PLANTED.values(), *INNOCENT.items()]:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as text:
            text.write(f"{line}\n")
    return root


def test_every_rule_of_the_house_finds_its_fault_and_nothing_else(tree: Path) -> None:
    listed = "".join(file.read_text() for file in RULES.glob("*.yml"))
    rules = set(re.findall(r"^  - id: (\S+)$", listed, re.MULTILINE))
    expected = {(path, rule, line) for rule, (path, line) in PLANTED.items()}

    found = semgrep(tree)

    assert rules == PLANTED.keys()
    told = {(one.path, one.rule, (tree / one.path).read_text().splitlines()[one.line - 1]) for one in found}
    assert told == expected


def test_bandit_finds_its_fault_with_our_settings(tree: Path) -> None:
    found = {(one.path, one.rule) for one in bandit(tree)}

    assert {("installer/x.py", "B602"), ("app/intent/x.py", "B307"), ("app/accounts/x.py", "B324")} <= found


def test_secrets_are_found_wherever_they_stand(tmp_path: Path) -> None:
    key = "AKIA" + "QXR7JWPLNTZV3MKD"
    (tmp_path / "app").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "app" / "settings.py").write_text("password" + ' = "Tr0ub4dor-and-3"\n')
    (tmp_path / "tests" / "test_x.py").write_text(f'KEY = "{key}"\n')
    (tmp_path / "README.md").write_text("-----BEGIN RSA PRIVATE" + " KEY-----\nMIIE\n")
    (tmp_path / "app" / "good.py").write_text("secret = ids.token()\n")

    found = {(one.path, one.rule) for one in secrets(tmp_path)}

    assert found == {
        ("app/settings.py", "Secret Keyword"),
        ("tests/test_x.py", "AWS Access Key"),
        ("README.md", "Private Key"),
    }


def test_a_scanner_that_could_not_look_does_not_pass_for_one_that_found_nothing(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    with pytest.raises(RuntimeError, match="nothing"):
        semgrep(tmp_path)

    (tmp_path / "app" / "x.py").write_text("def broken(:\n")
    with pytest.raises(RuntimeError, match="syntax error"):
        bandit(tmp_path)

"""Specs checked, a source read and its dead letters delivered by command: beside a running server and alone."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.commands.test_commands import appliance, run  # noqa: F401 - a fixture
from tests.journeys.appliance import Appliance

SPEC = """\
source: store
allow: ["127.0.0.1:%(port)d"]
call: {get: "http://127.0.0.1:%(port)d/orders"}
records: {at: list, id: sn}
follow: {every: 1h}
map: {id: sn, total: {from: pay, as: money}}
deliver: {to: orders}
cases:
  - {name: an order, given: {sn: a, pay: "39.9"}, expect: {total: "39.90"}}
"""


class Orders(BaseHTTPRequestHandler):
    """Two orders, of which one cannot be taken."""

    asked = 0

    def do_GET(self) -> None:
        Orders.asked += 1
        body = json.dumps({"list": [{"sn": "a", "pay": "1"}, {"sn": "b", "pay": "much"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def store(port: int = 0) -> Iterator[int]:
    """Its port; by itself one that is free."""
    with ThreadingHTTPServer(("127.0.0.1", port), Orders) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def put(data: Path, text: str, name: str = "store.yaml") -> Path:
    (data / "adapters").mkdir(parents=True, exist_ok=True)
    path = data / "adapters" / name
    path.write_text(text, encoding="utf-8")
    return path


def passes(data: Path, port: int) -> None:
    """Read, mend, deliver."""
    told = run("adapter", "run", "store", data=data)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == "store: 2 fetched, 1 stored, 0 skipped, 1 not taken.\n"
    told = run("adapter", "replay", "store", "--json", data=data)
    assert (told.returncode, json.loads(told.stdout)["failed"]) == (1, 1)
    put(data, (SPEC % {"port": port}).replace("{from: pay, as: money}", '{value: "2.00"}').replace("39.90", "2.00"))
    told = run("adapter", "replay", "store", data=data, language="zh_CN.UTF-8")
    assert told.stdout == "store：已处理 1，已排除 0，再次失败 0。\n"
    assert run("adapter", "run", "nobody", data=data).returncode == 1


def test_where_no_server_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with store() as port:
        put(data, SPEC % {"port": port})
        put(data, (SPEC % {"port": port}).replace("source: store", "source: other"), "other.yaml")
        before = Orders.asked
        assert run("adapter", "run", "store", data=data).returncode == 0
        assert Orders.asked == before + 1  # and not the other's
        put(data, SPEC % {"port": port})
        (data / "monodesk.db").unlink()
        passes(data, port)
    assert run("adapter", "run", "store", data=data).returncode == 1  # nobody answers any more


def test_beside_a_running_server(appliance: Appliance) -> None:  # noqa: F811
    with store() as port:
        put(appliance.data, SPEC % {"port": port})
        for _ in range(100):
            if run("adapter", "run", "store", data=appliance.data).returncode == 0:
                break
            time.sleep(0.1)
        told = run("adapter", "run", "store", "--json", data=appliance.data)
        assert (json.loads(told.stdout)["state"], json.loads(told.stdout)["fetched"]) == ("waiting", 2)
        _, page = appliance.get("/metrics")
        text = page.decode()
        assert 'monodesk_source_failing{source="store"} 0.0' in text
        assert float(text.split('monodesk_source_records{source="store"} ')[1].split()[0]) >= 2
        assert float(text.split('monodesk_source_held_seconds{source="store"} ')[1].split()[0]) > time.time() - 600
        told = run("adapter", "replay", "store", data=appliance.data)
        assert (told.returncode, told.stdout) == (1, "store: 0 delivered, 0 left out, 1 failed once more.\n")
        assert "joined systems    1 running\n" in run("status", data=appliance.data).stdout
    told = run("adapter", "run", "store", data=appliance.data)
    assert told.returncode == 1
    assert "store: " in told.stderr
    told = run("status", data=appliance.data, language="zh_CN.UTF-8")
    assert "1 个数据源；1 个出错\n" in told.stdout


def test_specs_are_checked_by_line_and_column_without_a_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run("adapter", "check", data=data).returncode == 0
    good = put(data, SPEC % {"port": 9})
    told = run("adapter", "check", data=data)
    assert (told.returncode, told.stdout) == (0, f"{good}: store: 1 cases hold.\n")
    assert not (data / "monodesk.db").exists()
    bad = put(data, (SPEC % {"port": 9}).replace("as: money", "as: coins"), "bad.yaml")
    told = run("adapter", "check", data=data)
    assert told.returncode == 1
    assert f"{bad}:6:38: " in told.stdout and "money" in told.stdout
    assert f"{good}: store: 1 cases hold." in told.stdout
    assert f"{bad}:6:38：" in run("adapter", "check", str(bad), data=data, language="zh_CN.UTF-8").stdout
    failing = put(data, (SPEC % {"port": 9}).replace("39.90", "40.00"), "bad.yaml")
    told = run("adapter", "check", "--json", str(failing), data=data)
    (file,) = json.loads(told.stdout)["files"]
    assert (told.returncode, file["errors"], file["sources"]) == (1, [], ["store"])
    (case,) = file["cases"]
    assert (case["passed"], case["path"], case["expected"], case["got"]) == (False, "total", "40.00", "39.90")
    put(data, SPEC % {"port": 9}, "bad.yaml")
    twice = run("adapter", "check", data=data)
    assert (twice.returncode, "there is a source “store”" in twice.stdout) == (1, True)
    gone = run("adapter", "check", str(tmp_path / "none.yaml"), data=data)
    assert (gone.returncode, "none.yaml" in gone.stdout) == (1, True)


@pytest.mark.parametrize("line", [("run",), ("replay", "a", "b"), ("mend", "a")])
def test_a_line_that_names_no_source_is_no_line(tmp_path: Path, line: tuple[str, ...]) -> None:
    assert run("adapter", *line, data=tmp_path / "data").returncode == 2

"""`monodesk probe`: what this machine is and gives, each fact with the signal that said so, and what to do about it."""

import argparse
import os
from collections.abc import Iterator

import msgspec

from app.commands.amounts import size
from app.commands.columns import padded, width
from app.commands.voice import OK, Voice
from app.settings import load
from installer.advice import advise
from installer.facts import Fact, Facts
from installer.machine import Machine
from installer.probe import probe

_STEP = 1_024

Row = tuple[str, str, str]


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Print the facts; exit code 0 whatever they are."""
    data = load({"data": options.data}, os.environ).data
    facts = probe(Machine(environ=os.environ), data)
    if options.json:
        advice = [msgspec.to_builtins(words) for words in advise(facts)]
        print(msgspec.json.encode({**msgspec.to_builtins(facts), "advice": advice}).decode())
        return OK
    rows = list(_rows(facts, voice))
    widths = [max(width(row[column]) for row in rows) for column in (0, 1)]
    for name, value, signal in rows:
        print(f"{padded(name, widths[0])}  {padded(value, widths[1])}  {signal}".rstrip())
    for words in advise(facts):
        print(f"! {voice.pick(words.en, words.zh)}")
    return OK


def _rows(facts: Facts, voice: Voice) -> Iterator[Row]:
    pick = voice.pick
    yield from _resources(facts, voice)
    around = facts.surroundings
    for name, fact in (
        ("Docker", around.docker),
        ("Podman", around.podman),
        ("LXC", around.lxc),
        ("systemd-nspawn", around.nspawn),
        ("Kubernetes", around.kubernetes),
        ("WSL", around.wsl),
    ):
        yield _row(name, fact, _truth(fact, voice), voice)
    version = around.systemd_version
    yield _row(pick("systemd version", "systemd 版本"), version, _number(version, voice), voice)
    init = around.systemd_is_init
    yield _row(pick("systemd runs this machine", "由 systemd 管理"), init, _truth(init, voice), voice)
    yield _row("SELinux", around.selinux, around.selinux.value or "", voice)
    yield _row(pick("firewalld runs", "firewalld 运行中"), around.firewalld, _truth(around.firewalld, voice), voice)
    clock = around.clock_synchronised
    yield _row(pick("clock is synchronised", "时钟已同步"), clock, _truth(clock, voice), voice)
    for port in around.ports:
        allowed = port.allowed.value is not False
        state = pick("free", "空闲") if port.free.value else pick("taken", "已占用")
        state += "" if allowed else pick(", not allowed", "，无权限")
        yield _row(pick(f"port {port.number}", f"端口 {port.number}"), port.free, state, voice)
    for neighbour in facts.neighbours:
        told = ", ".join(f"{key} {value}" for key, value in neighbour.details.items())
        yield pick("beside us", "同机服务"), f"{neighbour.kind} {told}".strip(), neighbour.signal
    if facts.neighbours_trouble:
        yield pick("beside us", "同机服务"), pick("cannot be read", "无法读取"), facts.neighbours_trouble


def _resources(facts: Facts, voice: Voice) -> Iterator[Row]:
    pick, have = voice.pick, facts.resources
    for name, amount in (
        (pick("memory", "内存"), have.memory_total_bytes),
        (pick("memory limit", "内存上限"), have.memory_limit_bytes),
        (pick("disk", "磁盘"), have.disk_total_bytes),
        (pick("free on the disk", "磁盘剩余"), have.disk_free_bytes),
    ):
        yield _row(name, amount, pick("none", "无") if amount.value is None else size(amount.value), voice)
    kind = have.disk_kind
    yield _row(pick("kind of disk", "磁盘类型"), kind, _KINDS.get(kind.value or "", {}).get(voice.chinese, ""), voice)
    yield _row(pick("file system", "文件系统"), have.file_system, have.file_system.value or "", voice)
    for name, count in (
        (pick("processors", "处理器"), have.processors),
        (pick("processor quota", "处理器配额"), have.processor_quota),
        (pick("descriptors", "描述符"), have.descriptors_soft),
        (pick("descriptors, at most", "描述符上限"), have.descriptors_hard),
    ):
        yield _row(name, count, _number(count, voice), voice)


def _row(name: str, fact: Fact[int] | Fact[float] | Fact[bool] | Fact[str], value: str, voice: Voice) -> Row:
    """A fact that could not be read says so, and why."""
    if fact.value is None and fact.trouble:
        return name, voice.pick("cannot be read", "无法读取"), f"{fact.signal} ({fact.trouble})"
    return name, value, fact.signal


def _truth(fact: Fact[bool], voice: Voice) -> str:
    return voice.pick("yes", "是") if fact.value else voice.pick("no", "否")


def _number(fact: Fact[int] | Fact[float], voice: Voice) -> str:
    return (
        voice.pick("none", "无") if fact.value is None else f"{fact.value:g}" if fact.value < _STEP else str(fact.value)
    )


_KINDS = {
    "solid": {False: "solid state", True: "固态"},
    "rotational": {False: "rotational", True: "机械"},
    "virtual": {False: "virtual", True: "虚拟"},
    "memory": {False: "memory", True: "内存"},
    "network": {False: "network", True: "网络"},
    "overlay": {False: "a container's layer", True: "容器层"},
    "unknown": {False: "unknown", True: "未知"},
}

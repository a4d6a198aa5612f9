"""From what a machine gives to the numbers that the server runs with: pure, each number with its reason.

Memory is dealt out once. What the process itself holds comes first; the rest is cut into shares, and every bound that
could fill memory gets what its share allows at its dearest, so that the sum of all worst cases fits. A number that a
person has set stays, and where the sum no longer fits it is said. Costs are measured: tests/bench/README.md.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from installer.facts import Resources, Words

KIB, MIB = 1 << 10, 1 << 20

# What things cost, in bytes.
PROCESS = 80 * MIB  # core and gateway in one process with a warm heap; 48 MiB when it has just started
HASH = 19 * MIB  # argon2id of one password (accounts/passwords.py)
GATEWAY = 28 * MIB  # a gateway process without connections
LINK = 5  # times `link_bytes_max`: a gateway is dropped when four times as much waits, and has its own side
CONNECTION = 16 * KIB  # an idle visitor takes 1.8 KiB and 4.1 of the kernel; the rest is for those who do something
ENCRYPTED_CONNECTION = 40 * KIB  # 28.8 KiB and 4.1 of the kernel
SPREAD = 1.2  # each gateway may take a fifth more than its part (gateway/crowd.py)
WRITE = 8 * KIB  # a unit that waits for its commit; a text has at most 64 KiB, an ordinary one is below one
READ = 4 * KIB  # a statement that waits for a reader
POLL = 64 * KIB  # a request that is being answered, with its tasks
UPLOAD = 384 * KIB  # 256 KiB that wait for the disk, and its request
DOWNLOAD = 320 * KIB  # over TLS 256 KiB are read at a time
HTTP2_CONNECTION = 320 * KIB  # its window of 256 KiB, and what `h2` keeps

# Of what the process leaves; below 1 in sum.
_OF_CONNECTIONS = 0.42  # times SPREAD where gateways share the port, which is reserved in any case
_OF_GATEWAYS = 0.10
_OF_SQLITE = 0.11
_OF_PASSWORDS = 0.07
_OF_WAITING = 0.06
_OF_HTTP2 = 0.06
_OF_FILES = 0.05
_OF_POLLS = 0.04

_OF_A_GROUP = 0.95  # a control group's memory is ours but for pages of files that are just being written
_FOR_OTHERS_MIN, _OF_OTHERS = 96 * MIB, 0.25  # where nobody limits us, the system and its other programs keep this
_MEMORY_UNREAD = 512 * MIB

_CONNECTIONS_OF_A_PROCESS_MAX = 60_000
_CONNECTIONS_MAX = 100_000  # nobody has measured more
_DESCRIPTORS_ELSEWHERE = 400  # files, databases, the control socket, what commands open
_DESCRIPTORS_UNREAD = 4_096
_GATEWAYS_FROM_CORES, _GATEWAYS_MAX = 4, 16
_DISK_UNREAD = 5_368_709_120


class Number(Struct, frozen=True):
    """One setting by its name in the configuration (`limits.readers`), its value, and why."""

    key: str
    value: int
    reason: Words


class Part(Struct, frozen=True):
    """A row of the budget: what may take how many bytes when it is at its worst."""

    what: Words
    bytes: int
    how: str


class Tuning(Struct, frozen=True):
    """What was decided. `memory_bytes` is what all parts of the budget may take together."""

    numbers: tuple[Number, ...]
    budget: tuple[Part, ...]
    memory_bytes: int
    memory_reason: Words

    @property
    def spent_bytes(self) -> int:
        """The sum of all worst cases."""
        return sum(part.bytes for part in self.budget)

    @property
    def fits(self) -> bool:
        """Whether the sum of all worst cases is within the memory."""
        return self.spent_bytes <= self.memory_bytes

    def values(self) -> dict[str, object]:
        """As a source of settings: tables within a table."""
        found: dict[str, object] = {}
        limits: dict[str, object] = {}
        for number in self.numbers:
            table, _, name = number.key.rpartition(".")
            (limits if table else found)[name] = number.value
        return {**found, "limits": limits}


class Given(Struct, frozen=True, kw_only=True):
    """What a person has settled: whether the port is encrypted, and numbers by their key, which stay as they are."""

    encrypted: bool = False
    numbers: Mapping[str, int] = {}


def tune(resources: Resources, given: Given = Given()) -> Tuning:  # noqa: B008 - frozen
    """Decide every number for these resources."""
    return _Desk(resources, given).tuning()


class _Desk:
    """Works the numbers out one after the other; later ones depend on what was really settled for the earlier ones."""

    def __init__(self, resources: Resources, given: Given) -> None:
        self._resources = resources
        self._given = given
        self._numbers: list[Number] = []
        self._budget: list[Part] = []
        self._memory, self._memory_reason = _usable(resources, given)
        self._spare = max(0, self._memory - PROCESS - HASH)

    def tuning(self) -> Tuning:
        self._pay("the process itself", "进程本身", PROCESS, "")
        self._bound()
        gateways = self._gateways()
        self._passwords()
        self._sqlite()
        self._waiting()
        self._http2(gateways)
        self._files(gateways)
        self._polls()
        self._connections(gateways)
        self._disk()
        return Tuning(tuple(self._numbers), tuple(self._budget), self._memory, self._memory_reason)

    # --- the parts --------------------------------------------------------------------------------------------------

    def _bound(self) -> None:
        """From what load is shed: the group's limit, which the kernel counts as well, or our share of the machine."""
        limit = self._resources.memory_limit_bytes.value
        if self._resources.limited and limit is not None:
            words = Words("the limit of a control group", "控制组的上限")
            self._set("limits.memory_bytes_max", limit, words)
            return
        kept = _mib(max(_FOR_OTHERS_MIN, _OF_OTHERS * (self._resources.memory_bytes or 0)))
        words = Words(
            f"nothing limits the server: {kept} are left to the system and its other programs, the rest may be taken",
            f"没有上限：留给系统及其他程序 {kept}，其余可供使用",
        )
        if self._resources.memory_bytes is None:
            words = self._memory_reason
        self._set("limits.memory_bytes_max", max(PROCESS + HASH, _shared(self._resources)), words)

    def _gateways(self) -> int:
        cores, share = self._resources.cores, _OF_GATEWAYS * self._spare
        link = _within(self._spare / 512, 1 * MIB, 8 * MIB)
        wanted = min(cores // 2, _GATEWAYS_MAX) if cores >= _GATEWAYS_FROM_CORES else 0
        possible = int(share // (GATEWAY + LINK * link))
        count = min(wanted, possible) if min(wanted, possible) > 1 else 0
        if count:
            words = Words(
                f"{cores} cores: half of them take connections, the rest is for the core, its writer and its readers",
                f"{cores} 个核：一半处理连接，其余留给核心进程及其读写线程",
            )
        elif wanted:
            words = Words(
                f"one process: gateways for {cores} cores would take more than their share of the memory",
                f"单进程：为 {cores} 个核开网关进程会超出其内存份额",
            )
        else:
            words = Words(
                f"one process: with fewer than {_GATEWAYS_FROM_CORES} cores gateways bring little and take memory",
                f"单进程：不足 {_GATEWAYS_FROM_CORES} 个核时，网关进程收益不大且占内存",
            )
        count = self._set("workers", count, words)
        if count:
            link = self._set(
                "limits.link_bytes_max", link, _share_words("5 × for each gateway", "每个网关 5 倍", share)
            )
            cost = GATEWAY + LINK * link
            self._pay("gateway processes", "网关进程", count * cost, f"{count} × {_mib(cost)}")
        return count

    def _passwords(self) -> None:
        share = _OF_PASSWORDS * self._spare
        count = max(1, min(1 + int(share // HASH), self._resources.cores, 8))
        words = Words(
            f"hashes at a time: one a core, 19 MiB each, {_mib(HASH + share)} are for them",
            f"同时计算的密码哈希：每核一个，每个 19 MiB，共可用 {_mib(HASH + share)}",
        )
        count = self._set("limits.password_pool", count, words)
        self._pay("password hashes", "密码哈希", count * HASH, f"{count} × {_mib(HASH)}")

    def _sqlite(self) -> None:
        share = _OF_SQLITE * self._spare
        writer = _within(share / 2, 4 * MIB, 128 * MIB) // KIB
        writer = self._set(
            "limits.sqlite_writer_cache_kib",
            writer,
            _share_words("the writer's pages", "写入者的页缓存", share / 2),
        )
        readers = _within(2 + self._resources.cores / 2, 2, 8)
        words = Words(
            f"reading connections for {self._resources.cores} cores", f"{self._resources.cores} 个核对应的读连接数"
        )
        readers = self._set("limits.readers", readers, words)
        each = _within(share / 2 / readers, 1 * MIB, 32 * MIB) // KIB
        each = self._set("limits.sqlite_cache_kib", each, _share_words("of each reader", "每个读连接", share / 2))
        how = f"{_mib(writer * KIB)} + {readers} × {_mib(each * KIB)}"
        self._pay("SQLite's pages", "SQLite 页缓存", (writer + readers * each) * KIB, how)

    def _waiting(self) -> None:
        share = _OF_WAITING * self._spare
        writes = self._bounded("write_queue_max", share / 2, WRITE, 500, 20_000, "writes", "写操作")
        reads = self._bounded("reads_waiting_max", share / 2, READ, 1_000, 10_000, "reads", "读操作")
        how = f"{writes} × {_mib(WRITE)} + {reads} × {_mib(READ)}"
        self._pay("what waits for the database", "等待数据库的操作", writes * WRITE + reads * READ, how)

    def _http2(self, gateways: int) -> None:
        share, doors = _OF_HTTP2 * self._spare, max(1, gateways)
        bytes_max = _within(share / 2, 2 * MIB, 64 * MIB)
        bytes_max = self._set(
            "limits.http2_waiting_bytes_max", bytes_max, _share_words("answers that wait", "等待发送的应答", share / 2)
        )
        words = Words("a quarter of what waits in all", "全部等待量的四分之一")
        self._set("limits.http2_waiting_bytes_of_network_max", bytes_max // 4, words)
        count = self._bounded(
            "http2_connections_max", share / 2 / doors, HTTP2_CONNECTION, 4, 256, "connections", "连接"
        )
        how = f"{_mib(bytes_max)} + {doors} × {count} × {_mib(HTTP2_CONNECTION)}"
        self._pay("HTTP/2", "HTTP/2", bytes_max + doors * count * HTTP2_CONNECTION, how)

    def _files(self, gateways: int) -> None:
        share, doors = _OF_FILES * self._spare, max(1, gateways)
        uploads = self._bounded("uploads_running_max", share / 2, UPLOAD, 10, 128, "uploads", "上传")
        words = Words(
            "a quarter of all uploads, at least what one message carries", "全部上传的四分之一，至少够一条消息"
        )
        self._set("limits.uploads_running_of_network_max", min(uploads, max(10, uploads // 4)), words)
        downloads = self._bounded("downloads_max", share / 2 / doors, DOWNLOAD, 4, 256, "downloads", "下载")
        how = f"{uploads} × {_mib(UPLOAD)} + {doors} × {downloads} × {_mib(DOWNLOAD)}"
        self._pay("files on their way", "传输中的文件", uploads * UPLOAD + doors * downloads * DOWNLOAD, how)

    def _polls(self) -> None:
        polls = self._bounded("polls_max", _OF_POLLS * self._spare, POLL, 50, 2_000, "polls", "长轮询")
        self._pay("long polls", "长轮询", polls * POLL, f"{polls} × {_mib(POLL)}")

    def _connections(self, gateways: int) -> None:
        cost = ENCRYPTED_CONNECTION if self._given.encrypted else CONNECTION
        spread = SPREAD if gateways else 1.0
        share = _OF_CONNECTIONS * self._spare
        by_descriptors = int((self._descriptors() - _DESCRIPTORS_ELSEWHERE) * max(1, gateways) / spread)
        most = min(_CONNECTIONS_MAX, _CONNECTIONS_OF_A_PROCESS_MAX * max(1, gateways))
        count = min(int(share // cost), by_descriptors, most)
        if count == by_descriptors:
            words = Words(
                f"the hard limit of {self._descriptors()} descriptors a process",
                f"受每个进程 {self._descriptors()} 个描述符的硬限制",
            )
        elif count == most:
            words = Words("as many as one appliance is built for", "一台设备设计的最大值")
        else:
            words = _share_words(f"{_mib(cost)} each", f"每个 {_mib(cost)}", share)
        count = self._set("limits.connections_max", max(100, _rounded(count)), words)
        fifth = Words("a fifth of all connections, at most 2,000", "全部连接的五分之一，最多 2,000")
        self._set("limits.connections_per_address_max", _within(count / 5, min(count, 200), 2_000), fifth)
        how = f"{spread:g} × {count} × {_mib(cost)}" if gateways else f"{count} × {_mib(cost)}"
        self._pay("connections", "连接", int(spread * count * cost), how)
        needed = int(spread * count / max(1, gateways)) + 2 * _DESCRIPTORS_ELSEWHERE
        asked = Words("connections of a process, its files, and some to spare", "一个进程的连接、文件，并留有余量")
        self._set("limits.descriptors", max(1_024, needed), asked)

    def _descriptors(self) -> int:
        hard = self._resources.descriptors_hard
        if hard.value is not None:
            return hard.value
        return _DESCRIPTORS_UNREAD if hard.trouble else 10 * _CONNECTIONS_MAX

    def _disk(self) -> None:
        total = self._resources.disk_total_bytes.value or _DISK_UNREAD
        words = Words("a twentieth of the disk, between 128 MiB and 1 GiB", "磁盘的二十分之一，介于 128 MiB 与 1 GiB")
        self._set("limits.disk_reserve_bytes", _within(total / 20, 128 * MIB, 1_024 * MIB), words)

    # --- the book ---------------------------------------------------------------------------------------------------

    def _bounded(self, name: str, share: float, cost: int, least: int, most: int, en: str, zh: str) -> int:
        """What a share has room for, within what is of use."""
        possible = _rounded(int(share // cost))
        if possible >= most:
            reason = Words(f"{en}: more would be of no use", f"{zh}：再多也没有意义")
        elif possible <= least:
            reason = Words(f"{en}: the fewest that serve", f"{zh}：能用的最小值")
        else:
            reason = _share_words(f"{en}, {_mib(cost)} each", f"{zh}，每个 {_mib(cost)}", share)
        return self._set(f"limits.{name}", max(least, min(most, possible)), reason)

    def _set(self, key: str, value: int, reason: Words) -> int:
        """Write a number down; what really holds, which a person may have settled."""
        self._numbers.append(Number(key, value, reason))
        return self._given.numbers.get(key, value)

    def _pay(self, en: str, zh: str, cost: int, how: str) -> None:
        self._budget.append(Part(Words(en, zh), cost, how))


def _usable(resources: Resources, given: Given) -> tuple[int, Words]:
    """What all of it may take together, and why."""
    memory = resources.memory_bytes
    if memory is None:
        found = _MEMORY_UNREAD, Words("memory could not be read", "无法读取内存")
    elif resources.limited:
        found = int(_OF_A_GROUP * memory), Words("a limit of a control group", "控制组的上限")
    else:
        found = _shared(resources), Words("memory without a limit", "没有上限的内存")
    settled = given.numbers.get("limits.memory_bytes_max")
    if settled is not None and settled < found[0]:
        return settled, Words("limits.memory_bytes_max", "limits.memory_bytes_max")
    return found


def _shared(resources: Resources) -> int:
    """Our part of a machine that limits nobody."""
    memory = resources.memory_bytes
    if memory is None:
        return _MEMORY_UNREAD
    return max(0, memory - max(_FOR_OTHERS_MIN, int(_OF_OTHERS * memory)))


def _share_words(en: str, zh: str, share: float) -> Words:
    return Words(f"{en}; {_mib(share)} of the memory are for them", f"{zh}；分得内存 {_mib(share)}")


def _within(value: float, least: int, most: int) -> int:
    return int(max(least, min(most, value)))


def _rounded(count: int) -> int:
    """Down to two figures that can be remembered."""
    step: int = 10 ** max(0, len(str(count)) - 2)
    return int(count // step * step)


def _mib(size: float) -> str:
    if size < MIB:
        return f"{size / KIB:.0f} KiB"
    return f"{size / MIB:.0f} MiB" if size >= 10 * MIB else f"{size / MIB:.1f} MiB"


def rows(tuning: Tuning) -> Iterator[tuple[Words, str, str]]:
    """The budget for a reader: what, how much, how it was reckoned; the sum and the memory last."""
    for part in tuning.budget:
        yield part.what, _mib(part.bytes), part.how
    yield Words("all worst cases together", "全部最坏情况合计"), _mib(tuning.spent_bytes), ""
    why = tuning.memory_reason
    yield Words(f"memory that may be used ({why.en})", f"可用内存（{why.zh}）"), _mib(tuning.memory_bytes), ""

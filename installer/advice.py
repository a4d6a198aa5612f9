"""What to do about what the probe found: pure, facts to words. Only what somebody can act on."""

from collections.abc import Callable, Iterator, Mapping

from installer.facts import Facts, Neighbour, Port, Resources, Surroundings, Words

MEMORY_BYTES_MIN = 251_658_240  # 240 MiB: a machine sold with 256 MB shows a little less
_DISK_FREE_BYTES_MIN = 2_147_483_648
_DESCRIPTORS_MIN = 4_096
_PORTS_OF_THE_WEB = (80, 443)

_DISKS: Mapping[str, Words] = {
    "memory": Words(
        "The data folder lies in memory: everything is gone after a restart. Name a folder on a disk with --data.",
        "数据目录位于内存中，重启后全部丢失。请用 --data 指定磁盘上的目录。",
    ),
    "network": Words(
        "The data folder lies on a network file system, where SQLite's log is not safe. Name a local one with --data.",
        "数据目录位于网络文件系统，SQLite 的日志在其上并不安全。请用 --data 指定本地目录。",
    ),
    "overlay": Words(
        "The data folder lies in a container's own layer and goes with the container. Mount a volume there.",
        "数据目录位于容器自身的层，会随容器一起删除。请在该处挂载卷。",
    ),
    "rotational": Words(
        "The disk turns: each group of messages waits for it, about 10 ms. An SSD makes sending faster.",
        "磁盘是机械硬盘，每批消息都要等待约 10 毫秒。换成固态硬盘后发送更快。",
    ),
}


def advise(facts: Facts) -> tuple[Words, ...]:
    """Sentences in the order in which they matter."""
    return (
        *_about_resources(facts.resources),
        *_about_surroundings(facts.surroundings),
        *_about_ports(facts.surroundings.ports, facts.neighbours),
        *(NEIGHBOURS[neighbour.kind](neighbour) for neighbour in facts.neighbours),
    )


def _about_resources(resources: Resources) -> Iterator[Words]:
    memory = resources.memory_bytes
    if memory is None:
        yield Words(
            "The memory could not be read, so nothing is tuned to it. Set [limits] yourself where it is small.",
            "无法读取内存大小，因此未据此调整。内存较小时请自行设置 [limits]。",
        )
    elif memory < MEMORY_BYTES_MIN:
        yield Words(
            "Less than 256 MB of memory: the server may be killed under load. Give it more.",
            "内存不足 256 MB，负载高时服务可能被系统终止。请增加内存。",
        )
    if (words := _DISKS.get(resources.disk_kind.value or "")) is not None:
        yield words
    free = resources.disk_free_bytes.value
    if free is not None and free < _DISK_FREE_BYTES_MIN:
        yield Words(
            "Less than 2 GiB of the disk are free. Make room, or name another folder with --data.",
            "磁盘剩余空间不足 2 GiB。请清理空间，或用 --data 指定其他目录。",
        )
    descriptors = resources.descriptors_hard.value
    if descriptors is not None and descriptors < _DESCRIPTORS_MIN:
        yield Words(
            f"At most {descriptors} descriptors, and connections. Raise it: LimitNOFILE= in a unit, or ulimit -n.",
            f"最多 {descriptors} 个描述符，连接数也因此受限。请调高：单元文件中的 LimitNOFILE=，或 ulimit -n。",
        )


def _about_surroundings(around: Surroundings) -> Iterator[Words]:
    if around.clock_synchronised.value is False:
        yield Words(
            "Nobody keeps the clock. Sign-in codes and certificates need it: timedatectl set-ntp true, or chrony.",
            "系统时钟未同步，而登录验证码和证书依赖准确时间。请执行 timedatectl set-ntp true，或使用 chrony。",
        )
    contained = (around.docker, around.podman, around.lxc, around.nspawn, around.kubernetes)
    if any(fact.value for fact in contained):
        yield Words(
            "This looks like a container: keep the data folder on a volume, and publish the port.",
            "看起来运行在容器中：请将数据目录放在卷上，并发布端口。",
        )
    if around.wsl.value:
        yield Words(
            "This is WSL: keep the data folder inside Linux, not below /mnt/c, which is slow and locks differently.",
            "当前为 WSL：请将数据目录放在 Linux 内部，不要放在 /mnt/c 下，那里速度慢且锁机制不同。",
        )
    if around.selinux.value == "enforcing":
        yield Words(
            "SELinux enforces: where a start is refused, ausearch -m avc -ts recent says why.",
            "SELinux 处于强制模式：若启动被拒绝，可用 ausearch -m avc -ts recent 查看原因。",
        )
    if around.firewalld.value:
        yield Words(
            "firewalld runs. Open the port: firewall-cmd --permanent --add-port=8080/tcp && firewall-cmd --reload",
            "firewalld 正在运行。请开放端口：firewall-cmd --permanent --add-port=8080/tcp && firewall-cmd --reload",
        )


def _about_ports(ports: tuple[Port, ...], neighbours: tuple[Neighbour, ...]) -> Iterator[Words]:
    taken = [str(port.number) for port in ports if port.free.value is False]
    if taken and not any(neighbour.kind == "nginx" for neighbour in neighbours):
        named = ", ".join(taken)
        yield Words(
            f"Somebody listens on {named}. Choose another port with --listen, or let that server pass requests on.",
            f"端口 {named} 已被占用。请用 --listen 选择其他端口，或由该服务转发请求。",
        )
    closed = [str(port.number) for port in ports if port.free.value and port.allowed.value is False]
    if closed:
        named = ", ".join(closed)
        yield Words(
            f"This user may not listen on {named}: that needs root, or CAP_NET_BIND_SERVICE from systemd.",
            f"当前用户无权监听端口 {named}：需要 root，或由 systemd 授予 CAP_NET_BIND_SERVICE。",
        )


def _database(name: str) -> Callable[[Neighbour], Words]:
    words = Words(
        f"{name} runs here. Monodesk needs none and leaves it alone. Both share the memory: give each a limit "
        "(MemoryMax= in its unit), and the tuning follows it.",
        f"本机运行着 {name}。Monodesk 不需要它，也不会改动它。两者共用内存：请分别设置上限（单元文件中的 "
        "MemoryMax=），调优会随之变化。",
    )
    return lambda neighbour: words


def _nginx(neighbour: Neighbour) -> Words:
    return Words(
        "nginx runs here and can pass a path or a name on to Monodesk: keep 127.0.0.1:8080, and name 127.0.0.1 in "
        "trusted_proxies. The manual has the lines for nginx (https and proxies).",
        "本机运行着 nginx，可将某个路径或域名转发给 Monodesk：保持 127.0.0.1:8080，并在 trusted_proxies 中填写 "
        "127.0.0.1。nginx 的配置见手册“https 与代理”。",
    )


def _gofly(neighbour: Neighbour) -> Words:
    told = neighbour.details
    name = told.get("database", "")
    host, port = told.get("host", "localhost"), told.get("port", "3306")
    where, where_zh = (
        f" (database {name} at {host}:{port})" if name else "",
        f"（{host}:{port} 上的 {name}）" if name else "",
    )
    dump = f"mysqldump --single-transaction {name or 'DATABASE'} > gofly.sql"
    return Words(
        f"gofly runs here{where}. Monodesk can run beside it on another port; change your pages' line of code when "
        f"you are ready, and keep its history before you stop it: {dump}",
        f"本机运行着 gofly{where_zh}。Monodesk 可在其他端口与它并行；准备好后再更换网页上的代码，停用之前先保存其历史："
        f"{dump}",
    )


NEIGHBOURS: Mapping[str, Callable[[Neighbour], Words]] = {
    "postgresql": _database("PostgreSQL"),
    "mysql": _database("MySQL"),
    "valkey": _database("Valkey"),
    "redis": _database("Redis"),
    "nginx": _nginx,
    "gofly": _gofly,
}

"""The unit under which systemd runs the server, fitted to the version of systemd that is there."""

from pathlib import Path

from msgspec import Struct

from installer.layout import Layout
from installer.targets import healing

USER = "monodesk"
_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
_START_SECONDS_MAX = 300  # a start may migrate; it says so, and is given more
_STOP_SECONDS_MAX = 30
_WATCHDOG_SECONDS = 30
_AS_ROOT = "+"  # outside the fence
_FULL_RIGHTS = 231  # the first that knows it
_PREFIX = '"$0"'  # the word that follows the script
_NOTIFY_RELOAD = 253  # the first that sends HUP itself and waits for the server's word that it has read anew


def completion(layout: Layout) -> str:
    """What bash reads at the first Tab: the program's own words, those of the version that is there by then."""
    return f"source <({layout.command} completions bash)\n"


class Directive(Struct, frozen=True):
    """One line of a unit and the version of systemd that knows it (its NEWS file)."""

    line: str
    since: int = 0


# What the server may do to the machine: nothing but its own folder, its sockets and low ports.
_FENCE = (
    Directive("NoNewPrivileges=yes"),
    Directive("CapabilityBoundingSet=CAP_NET_BIND_SERVICE"),  # pragma: allowlist secret - it is a right, by its name
    Directive("AmbientCapabilities=CAP_NET_BIND_SERVICE", 229),
    Directive("ProtectSystem=strict", 232),
    Directive("PrivateTmp=yes"),
    Directive("PrivateDevices=yes"),
    Directive("PrivateMounts=yes", 239),
    Directive("ProtectKernelTunables=yes", 232),
    Directive("ProtectKernelModules=yes", 232),
    Directive("ProtectKernelLogs=yes", 244),
    Directive("ProtectControlGroups=yes", 232),
    Directive("ProtectClock=yes", 245),
    Directive("ProtectHostname=yes", 242),
    Directive("ProtectProc=invisible", 247),
    Directive("RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK"),
    Directive("RestrictNamespaces=yes", 233),
    Directive("RestrictRealtime=yes", 231),
    Directive("RestrictSUIDSGID=yes", 242),
    Directive("LockPersonality=yes", 235),
    Directive("MemoryDenyWriteExecute=yes", 231),
    Directive("RemoveIPC=yes", 232),
    Directive("KeyringMode=private", 235),
    Directive("SystemCallArchitectures=native"),
    Directive("SystemCallFilter=@system-service", 231),
    Directive("SystemCallFilter=~@privileged @resources", 231),
    Directive("SystemCallFilter=setpriority", 231),  # threads that hash passwords stand back
    Directive("SystemCallErrorNumber=EPERM"),
    Directive("UMask=0077"),
)


def unit(layout: Layout, version: int, descriptors: int) -> str:
    """The system's unit; `version` is systemd's, `descriptors` how many sockets and files it may hold."""
    places = (
        Directive(f"ReadWritePaths={_quoted(layout.data)}", 231),
        Directive("ProtectHome=read-only" if _at_home(layout.data) or _at_home(layout.prefix) else "ProtectHome=yes"),
    )
    fence = [directive.line for directive in (*places, *_FENCE) if directive.since <= version]
    return "\n".join(
        (
            "# Written by `monodesk install`. Changes belong beside it: systemctl edit monodesk",
            "[Unit]",
            "Description=Monodesk customer service",
            "Wants=network-online.target",
            "After=network-online.target",
            "StartLimitIntervalSec=300",
            "StartLimitBurst=10",
            "",
            "[Service]",
            *_service(layout, version, descriptors, _AS_ROOT),
            f"User={USER}",
            f"Group={USER}",
            *fence,
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        )
    )


def user_unit(layout: Layout, version: int, descriptors: int) -> str:
    """The unit of a user's own systemd: it can take nothing away that the user has, so it fences little."""
    return "\n".join(
        (
            "# Written by `monodesk install`. Changes belong beside it: systemctl --user edit monodesk",
            "[Unit]",
            "Description=Monodesk customer service",
            "",
            "[Service]",
            *_service(layout, version, descriptors, ""),
            "NoNewPrivileges=yes",
            "UMask=0077",
            "",
            "[Install]",
            "WantedBy=default.target",
            "",
        )
    )


def _service(layout: Layout, version: int, descriptors: int, rights: str) -> tuple[str, ...]:
    """How it is started, watched and stopped: the server says itself when it is ready and that its loop turns.

    `rights` is what a command is called with that has to write where the program lies.
    """
    reload: tuple[str, ...] = ("Type=notify-reload",)
    if version < _NOTIFY_RELOAD:  # the shell's own kill: /bin/kill is a package of its own
        reload = ("Type=notify", 'ExecReload=/bin/sh -c "kill -HUP $MAINPID"')
    return (
        *reload,
        "NotifyAccess=main",
        *_healed(layout, version, rights),
        f"ExecStart={_quoted(layout.program)} serve --data {_quoted(layout.data)}",
        "Restart=always",
        "RestartSec=1",
        f"WatchdogSec={_WATCHDOG_SECONDS}",
        f"TimeoutStartSec={_START_SECONDS_MAX}",
        f"TimeoutStopSec={_STOP_SECONDS_MAX}",
        "KillMode=mixed",
        f"LimitNOFILE={descriptors}",
    )


def _healed(layout: Layout, version: int, rights: str) -> tuple[str, ...]:
    """An upgrade that was cut off is ended by the start itself: see `healing`."""
    if version < _FULL_RIGHTS:
        return ()
    return tuple(
        f"{when}={rights}/bin/sh -c '{script.replace('$', '$$')}' {_quoted(layout.prefix)}"
        for when, script in (
            ("ExecStartPre", healing.before_start(_PREFIX)),
            ("ExecStartPost", healing.after_start(_PREFIX)),
        )
    )


def _at_home(path: Path) -> bool:
    return any(path.is_relative_to(home) for home in _HOMES)


def _quoted(path: Path) -> str:
    """A path as a word of a unit (systemd.syntax(7)): specifiers and variables stand for themselves."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if " " in text else text

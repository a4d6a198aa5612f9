"""Every limit and every choice, in one frozen Struct, validated once.

Order: flag > environment (`MONODESK_…`) > `config.toml` > default. A wrong key or value stops the start with its name
and what is allowed. Units stand last in the names.
"""

from pathlib import Path

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bounds of everything that could grow."""

    # gateway
    head_bytes_max: int = 32_768
    head_lines_max: int = 100
    head_seconds_max: float = 10.0
    frame_bytes_max: int = 65_536
    message_fragments_max: int = 64
    socket_outbox_bytes_max: int = 262_144
    socket_outbox_frames_max: int = 1_024
    socket_commands_waiting_max: int = 32
    socket_frames_per_second: float = 20.0
    socket_frames_burst: int = 60
    hello_seconds_max: float = 10.0
    ping_seconds: float = 25.0
    silence_seconds_max: float = 60.0
    restart_retry_ms_max: int = 5_000
    link_bytes_max: int = 8_388_608
    # api
    body_bytes_max: int = 262_144
    file_bytes_max: int = 26_214_400
    poll_seconds_max: float = 25.0
    polls_max: int = 2_000
    page_rows_max: int = 200
    # delivery
    resume_rows_max: int = 200
    replay_events_max: int = 5_000
    events_kept: int = 100_000
    events_kept_hours: int = 24
    # storage
    write_queue_max: int = 20_000
    write_group_max: int = 512
    readers: int = 3
    sqlite_cache_kib: int = 8_192
    # outbox
    outbox_batch_max: int = 256
    outbox_lease_seconds: float = 30.0
    outbox_attempts_max: int = 12
    outbox_delay_ms_max: int = 3_600_000
    # accounts
    password_characters_min: int = 12
    password_pool: int = 2
    session_days: int = 30
    session_idle_days: int = 7
    setup_link_minutes: int = 60
    sign_in_tries_before_delay: int = 5
    # chat
    reopen_hours: int = 72
    presence_gather_ms: int = 250
    typing_seconds: float = 6.0
    visits_kept: int = 50


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the appliance runs with. `workers` 0: one process; N: N gateway processes and one core."""

    data: Path = Path("data")
    listen: str = "127.0.0.1:8080"
    workers: int = 0
    public_url: str = ""
    demo: bool = False
    durability: str = "full"  # "normal" only for the control run of the power-cut test
    log_level: str = "info"
    limits: Limits = Limits()

"""Every limit and every choice, in one frozen Struct, validated once.

Order: flag > environment (`MONODESK_…`) > `config.toml` > tuned to the machine > default. A wrong key or value stops
the start with its name and what is allowed. Units stand last in the names.
"""

import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from app.model.errors import Forbidden, Invalid

_PREFIX = "MONODESK_"
_OF_THE_BOOTLOADER = "MONODESK_RUNTIME"  # where the one file unpacks itself, before there are settings
_DURABILITIES = ("full", "normal")
_LOG_LEVELS = ("debug", "info", "warning", "error")
_LISTS = frozenset({"trusted_proxies"})  # in a variable their members stand between commas
_WORKERS_MAX = 64
_PORT_MAX = 65_535
_GROUPS = ("limits", "tls", "backups")  # tables of config.toml, prefixes of variables
_DAY_HOURS = 24
_BACKUP_HOURS = (0, 1, 2, 3, 4, 6, 8, 12, 24)
_TLS_MODES = ("off", "files", "own", "acme")
_NAME = re.compile(r"(?!.{254})[0-9a-z]([0-9a-z-]{0,62})(\.[0-9a-z]([0-9a-z-]{0,62}))*", re.ASCII)
_PUBLIC_URL = re.compile(r"https?://(?:[0-9A-Za-z.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?((?:/[0-9A-Za-z._~-]+)*)/?")
# What a path of ours may begin with: a base path of that name could not be told from it.
_OWN_PATHS = re.compile(
    r"\.{1,2}|\.well-known|api|assets|c|certificate|chat|demo|docs|healthz|help|in|kit|metrics|password|readyz|settings|setup"
    r"|sign-in|tickets|widget\.js|ws"
)
_ENDING = re.compile(r"\.[0-9a-z]{1,9}")
_BEGINNING = re.compile(r"(?:[0-9a-f]{2}){2,32}", re.IGNORECASE)
# What a running server takes over at HUP: values that every room asks for when it needs them, and keeps no copy of.
RELOADED = frozenset(
    {
        "log_level", "limits.agent_bytes_per_day", "limits.agents_max", "limits.canned_replies_max",
        "limits.canned_replies_of_one_max", "limits.certificate_warning_days", "limits.connections_max",
        "limits.disk_reserve_bytes", "limits.drafts_per_agent_max", "limits.events_kept", "limits.events_kept_hours",
        "limits.file_bytes_max", "limits.housekeeping_seconds", "limits.inboxes_max", "limits.memory_bytes_max",
        "limits.memory_give_back_seconds", "limits.memory_look_seconds", "limits.memory_shed_from",
        "limits.memory_shed_gap", "limits.memory_shed_to", "limits.memory_stalled_percent", "limits.mentions_shown_max",
        "limits.orphan_file_hours", "limits.polls_max", "limits.rating_change_hours", "limits.rating_changes_max",
        "limits.rating_days", "limits.reception_seconds", "limits.silence_seconds_max", "limits.stop_seconds_max",
        "limits.bulk_max", "limits.macros_max", "limits.macros_of_one_max", "limits.tags_max",
        "limits.tags_of_conversation_max",
        "limits.teams_max", "limits.upload_hours", "limits.uploads_open_max", "limits.uploads_running_max",
        "limits.uploads_running_of_one_max", "limits.visitor_bytes_per_day", "limits.write_queue_max",
    }
)  # fmt: skip
_UNKNOWN_KEY = re.compile(r"unknown field `([^`]*)`")


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
    abuse_rest_seconds: float = 30.0
    hello_seconds_max: float = 10.0
    ping_seconds: float = 25.0
    silence_seconds_max: float = 60.0
    restart_retry_ms_min: int = 500  # when who is sent away by a restart comes back: about when the next one serves
    restart_retry_ms_max: int = 5_000
    restart_returns_per_second: int = 2_000  # of a gateway: fewer people are spread over less time
    closing_seconds_max: float = 5.0
    stop_seconds_max: float = 4.0
    stop_again_seconds: float = 0.5  # a second TERM within that is the first one, by another way
    start_news_seconds: float = 10.0  # how often the service manager hears that a long start goes on
    link_bytes_max: int = 8_388_608
    link_requests_max: int = 20_000
    gateway_figures_seconds: float = 5.0  # how often a gateway process tells how it is
    connections_max: int = 60_000
    connections_per_address_max: int = 2_000
    proxy_hops_max: int = 16
    proxy_header_bytes_max: int = 4_096
    keep_alive_seconds: float = 30.0
    answer_stall_seconds_max: float = 20.0
    answer_bytes_per_second_min: int = 1_024
    downloads_max: int = 256
    # gateway, HTTP/2: of each connection, but for the first
    http2_connections_max: int = 256
    http2_streams_max: int = 100
    http2_stream_window_bytes: int = 131_072
    http2_connection_window_bytes: int = 262_144
    http2_waiting_bytes_max: int = 67_108_864  # of all connections together
    http2_waiting_bytes_of_network_max: int = 16_777_216  # of one address, or one IPv6 /64
    http2_continuations_max: int = 16
    http2_settings_bytes_max: int = 240
    http2_control_frames_per_second: float = 100.0
    http2_control_frames_burst: int = 400
    http2_control_frames_earned_max: int = 10_000
    http2_small_frames_per_second: float = 5_000.0
    http2_small_frames_burst: int = 2_000
    http2_small_frames_of_all_per_second: float = 10_000.0  # of all connections of a process together
    http2_resets_per_second: float = 20.0
    http2_resets_burst: int = 200
    http2_idle_seconds: float = 300.0
    http2_silence_seconds: float = 60.0
    download_stall_seconds_max: float = 30.0
    # api
    body_bytes_max: int = 262_144
    body_seconds_max: float = 25.0
    body_pause_seconds_max: float = 20.0
    body_bytes_per_second_min: int = 2_048
    ready_seconds: float = 5.0
    file_bytes_max: int = 26_214_400
    image_pixels_max: int = 100_000_000
    orphan_file_hours: int = 24
    uploads_running_max: int = 128  # bodies that come in at the same time, of everybody
    uploads_running_of_one_max: int = 10  # of one person: as many as a message carries
    uploads_running_of_network_max: int = 32  # of all visitors at one address, or in one IPv6 /64
    uploads_open_max: int = 20  # begun and not yet whole, of one person
    upload_hours: int = 24  # that an upload which was broken off can be taken up again
    visitor_bytes_per_day: int = 524_288_000
    agent_bytes_per_day: int = 5_368_709_120
    network_bytes_per_day: int = 10_737_418_240  # of all visitors at one address, or in one IPv6 /64: an office's worth
    networks_kept: int = 10_000
    disk_reserve_bytes: int = 268_435_456  # that files and backups leave free, for the database
    files_bytes_max: int = 107_374_182_400  # of all files together
    files_count_seconds: float = 60.0  # how often they are added up while files come in
    poll_seconds_max: float = 25.0
    polls_max: int = 2_000
    poll_grace_seconds: float = 10.0
    poll_frames_max: int = 1_000
    answer_bytes_max: int = 4_194_304
    page_rows_max: int = 200
    page_characters_max: int = 65_536
    # delivery
    resume_rows_max: int = 200
    replay_events_max: int = 5_000
    events_kept: int = 100_000
    events_kept_hours: int = 24
    # certificates
    tls_handshake_seconds_max: float = 10.0
    certificate_look_seconds: float = 10.0
    certificate_warning_days: int = 14
    certificate_days: int = 397  # of our own authority; browsers take no longer ones
    certificate_names_max: int = 100
    authority_days: int = 3_650
    acme_call_seconds_max: float = 20.0
    acme_order_seconds_max: float = 300.0
    acme_answer_bytes_max: int = 262_144
    acme_retry_seconds_min: float = 300.0
    acme_retry_seconds_max: float = 21_600.0
    plain_connections_max: int = 1_000
    plain_connections_per_address_max: int = 250
    # telemetry
    memory_look_seconds: float = 1.0
    memory_bytes_max: int = 1_099_511_627_776  # that all its processes may hold, beside what control groups say
    memory_shed_from: float = 0.8  # the part of the memory at which the first thing is left out
    memory_shed_to: float = 0.94  # and the last
    memory_shed_gap: float = 0.05  # so far below where it began a thing is done again
    memory_give_back_seconds: float = 5.0  # while load is shed, between two times that free memory is given back
    memory_stalled_percent: float = 20.0  # of the time spent waiting for memory (PSI), that counts as short of it
    # appliance
    descriptors: int = 65_536  # that a process asks for; the hard limit may give fewer
    gc_young_objects: int = 5_000  # made before the collector looks; with freezing, its longest pause fell 547 → 22 ms
    gc_look_seconds: float = 0.25
    gc_freeze_connections: int = 500  # more than ever before, that the collector leaves alone from then on
    housekeeping_seconds: float = 600.0
    health_seconds: float = 10.0  # that the findings which the console shows may be old
    worker_start_seconds_max: float = 30.0
    worker_restart_seconds: float = 1.0
    backup_lock_seconds: float = 3_600.0
    backup_look_seconds: float = 60.0  # how often is looked whether one is due
    backup_settle_seconds: float = 600.0  # after a start, before the first: who comes back is served first
    backup_retry_seconds: float = 3_600.0  # after one that failed
    backup_told_seconds: float = 0.5  # how often administrators are told how far one is
    server_look_seconds: float = 10.0  # how often is looked whether an administrator has to be told something
    upgrade_ready_seconds_min: float = 60.0  # that a new version has to get ready; more where its rehearsal took long
    upgrade_step_seconds_max: float = 3_600.0  # of unpacking, and of the rehearsal with its migrations
    upgrade_stop_seconds_max: float = 60.0
    upgrade_starts_max: int = 2  # of a new version whose upgrade was cut off, before a start goes back by itself
    log_bytes_max: int = 33_554_432  # of `logs/monodesk.log`, which is then renamed
    log_files_kept: int = 5  # of the renamed ones
    # storage
    write_queue_max: int = 20_000
    write_group_max: int = 512
    readers: int = 3
    reads_waiting_max: int = 10_000
    sqlite_cache_kib: int = 8_192  # of each reader
    sqlite_writer_cache_kib: int = 32_768
    wal_bytes_max: int = 67_108_864
    wal_checkpoint_pages: int = 1_000
    search_scan_max: int = 20_000
    identity_keys_max: int = 5  # of an inbox, that hold at once
    identity_overlap_hours: int = 24
    identity_token_hours: int = 168
    contact_merge_rows_max: int = 20_000  # that belong to one contact which goes on as another
    contact_unmerge_hours: int = 24
    import_bytes_max: int = 20_000_000
    import_rows_max: int = 50_000
    import_rehearsed_rows: int = 1_000  # of a file that is only looked at
    import_problems_told: int = 50
    organisations_max: int = 50_000
    organisation_contacts_looked_at: int = 200  # the last seen of one, for its conversations
    organisation_contacts_counted: int = 10_000  # that the list of organisations counts of one
    import_portion_rows: int = 200  # that are put aside in one transaction: everybody's writes wait for it
    import_swept_rows: int = 2_000
    source_connect_seconds: float = 10.0  # to reach another system
    source_answer_seconds_max: float = 30.0  # for all of its answer, unless its spec gives it more
    source_line_seconds_min: float = 1.0  # before a line that ended is opened again; doubled until the most
    source_line_seconds_max: float = 60.0
    source_line_ping_seconds: float = 30.0  # a WebSocket line is tried so often, unless its spec says otherwise
    source_line_gather_seconds: float = 0.005  # messages that come so soon after another are stored with it
    source_whole_bytes_max: int = 131_072  # of an answer that is read at once; larger ones record by record
    source_answer_bytes_max: int = 8_388_608  # of one answer, unless its spec allows more
    adapter_look_seconds: float = 2.0  # between two looks at the folder of specs
    adapter_sources_max: int = 200
    adapter_samples_kept: int = 5  # of each source, for previews
    adapter_sample_bytes_max: int = 65_536  # of one of them
    adapter_preview_records_max: int = 20
    adapter_preview_steps_max: int = 2_000  # of all of them
    source_trouble_seconds: float = 300.0  # for which one may fail before administrators are told
    source_rest_seconds: float = 60.0  # of a source that could not be begun
    source_events_hours: int = 168  # that an event is kept for a source that has not heard it, however long others are
    source_events_per_turn: int = 200  # of ours, that are told to a source at once
    source_events_characters_max: int = 4_000_000
    source_send_delay_ms_max: int = 600_000  # between two attempts to hand something over
    source_held_bytes_max: int = 16_777_216  # of answers of one source that are worked on at once
    source_turn_records: int = 20  # are mapped before the loop turns to others
    source_rows_per_write: int = 100  # in one unit of the writer, which all chats share
    source_runs_kept: int = 200  # of each source
    dead_letters_max: int = 10_000  # of each source; then it rests until somebody has looked
    dead_letters_bytes_max: int = 268_435_456  # of each source, likewise
    dead_letters_seconds_kept: int = 7_776_000  # after it was tried last, 90 days
    dead_letters_per_turn: int = 200  # are replayed or thrown away before others have their turn
    source_connections_max: int = 8  # of one source at a time
    source_unproven_burst: int = 20  # calls of one address that prove nothing, before it has to wait
    source_unproven_per_minute: float = 10.0
    source_unproven_addresses_max: int = 10_000
    source_deliveries_hours: int = 168  # that a delivery is remembered, so that its retry changes nothing
    source_deliveries_swept: int = 1_000  # forgotten in one transaction
    source_lines_max: int = 200  # WebSockets of joined systems, in each process that has the port
    source_line_bytes_max: int = 1_048_576  # of one message by them, unless its source allows less
    source_line_wait_seconds: float = 60.0  # that a message waits where its source takes no more just now
    source_tidy_seconds: float = 600.0
    file_link_hours: int = 72  # that a file of an answer may be fetched by who brings it to the customer
    channel_file_seconds: float = 4.0  # to fetch a customer's file before his message is stored: vendors wait for 5
    automation_runs_per_hour: int = 60  # of one automation, for one conversation
    record_bytes_max: int = 65_536  # of one order, case or note of a joined system
    contacts_scan_max: int = 100_000  # the newest of them are looked through for a name
    # mail
    mail_send_seconds_max: float = 60.0  # for one letter, from the first word to the relay to its last
    mail_bytes_max: int = 26_214_400  # of a mail that came; of a larger one its beginning is taken
    mail_files_bytes_max: int = 20_971_520  # of all files in a mail that leaves
    mail_command_seconds_max: float = 60.0  # for one answer of a mailbox's server
    mail_look_seconds: float = 60.0  # between two looks at a mailbox that does not tell of new mail
    mail_idle_seconds: float = 540.0  # that it is believed to tell; then it is looked all the same
    mail_retry_seconds_min: float = 5.0
    mail_retry_seconds_max: float = 300.0
    mail_turn_minutes: float = 10.0  # that an answer in a chat may be unseen before it leaves by mail
    mail_turn_pause_minutes: float = 15.0  # between two such mails of a conversation
    mail_turn_messages_max: int = 10  # in such a mail, for context
    mail_turn_look_seconds: float = 15.0
    transcripts_per_hour: float = 30.0  # that one visitor may download
    transcripts_burst: int = 10
    transcripts_mailed_of_one_per_day: int = 3
    transcripts_mailed_to_one_per_day: int = 3  # to one address, whoever asks
    transcripts_mailed_per_day: int = 500  # of all visitors together
    mail_transcript_messages_max: int = 500
    mails_per_sender_hour: int = 60
    mails_looked_at_max: int = 200  # of a conversation, for who takes part in it
    mailboxes_max: int = 50
    # bus, locks
    bus_batches_max: int = 1_000
    lock_waiters_max: int = 1_000
    # outbox
    outbox_batch_max: int = 256
    outbox_gather_ms: int = 200
    clock_look_seconds: float = 5.0
    clock_leap_ms_min: int = 2_000  # what the wall clock moves beside the other one that somebody has set it
    clock_gap_hours: float = 24.0  # without anything stored, after which a start doubts the clock
    clock_doubt_seconds: float = 3_600.0  # for which nothing is deleted by a clock that is doubted
    outbox_poll_seconds: float = 30.0
    outbox_lease_seconds: float = 30.0
    outbox_attempts_max: int = 12
    outbox_delay_ms_min: int = 1_000
    outbox_delay_ms_max: int = 3_600_000
    # contacts: how many new ones an address may make; an office or a proxy is one address
    visitors_per_minute: float = 60.0
    visitors_burst: int = 600
    arrivals_kept: int = 10_000
    # contacts: how much one visitor may ask for, over all his sockets and requests
    visitor_frames_per_second: float = 60.0
    visitor_frames_burst: int = 600
    paces_kept: int = 20_000
    # accounts
    password_characters_min: int = 12
    password_pool: int = 2
    passwords_waiting_max: int = 128
    passwords_waiting_reserved: int = 32  # places more for who is known, so that strangers cannot fill the queue
    session_days: int = 30
    session_idle_days: int = 7
    setup_link_minutes: int = 60
    password_link_minutes: int = 60  # that a link to set a new password is good
    invitation_hours: int = 72
    access_links_per_agent_max: int = 5  # that are good at once
    session_seen_minutes: int = 15
    session_change_grace_seconds: float = 2.0
    sessions_per_agent_max: int = 50
    # who guesses: at one account from one address, at one account from everywhere, from one address at all accounts
    sign_in_tries_before_delay: int = 5
    sign_in_delay_seconds_min: float = 10.0
    sign_in_delay_seconds_max: float = 900.0
    sign_in_failures_hours: int = 24
    sign_in_account_tries_burst: int = 14
    sign_in_account_tries_per_hour: float = 6.0
    sign_in_address_tries_burst: int = 200  # more than wait for a hash: an office that comes at nine meets that first
    sign_in_address_tries_per_hour: float = 60.0
    sign_in_failures_kept: int = 65_536
    sign_in_code_minutes: int = 5
    sign_in_code_tries: int = 5
    sign_in_challenges_max: int = 1_000
    two_step_drafts_max: int = 1_000
    known_browsers_per_agent_max: int = 20
    known_browser_days: int = 365
    demo_tokens_max: int = 16
    agents_max: int = 2_000
    teams_max: int = 500
    inboxes_max: int = 200
    blocks_max: int = 10_000  # of contacts and networks
    blocked_conversations_max: int = 1_000  # of one contact, that are closed with it
    schedules_max: int = 100  # of opening hours that are shared
    holidays_ahead_days: int = 14  # which visitors are told before they come
    roles_max: int = 100
    tokens_per_agent_max: int = 20
    token_requests_per_second: float = 20.0
    token_requests_burst: int = 200
    # chat
    reopen_hours: int = 72
    assignment_lock_seconds: float = 10.0
    presence_gather_ms: int = 250
    site_gather_ms: int = 2_000  # how often, at most, staff are told that visitors came or turned pages
    site_rows_max: int = 200  # of the list of who is on the sites
    site_visit_gap_minutes: int = 30  # after which a page begins another visit
    viewing_seconds_max: float = 75.0  # an agent who looks at a conversation says so again before it is over
    viewed_conversations_max: int = 8  # by one agent at once, in all his windows
    drafts_per_agent_max: int = 500
    mentions_shown_max: int = 1_000
    canned_replies_max: int = 2_000  # that are a team's or everybody's
    canned_replies_of_one_max: int = 500  # that an agent has for himself
    merge_undo_hours: int = 24
    merged_into_one_max: int = 50
    linked_with_one_max: int = 50
    scheduled_of_one_max: int = 200  # answers of an agent that go later
    scheduled_days_max: int = 366
    macros_max: int = 500  # that are a team's or everybody's
    macros_of_one_max: int = 100  # that an agent has for himself
    bulk_max: int = 100  # conversations that are changed at once
    snooze_days_max: int = 366
    snooze_portion: int = 100  # that are woken in one transaction
    tags_max: int = 500
    tags_of_conversation_max: int = 20
    visits_kept: int = 50
    visitor_events_kept: int = 50
    contact_conversations_max: int = 200
    reception_seconds: float = 5.0  # that what visitors are told of who is there may be old
    reply_days: int = 14  # how far back first answers are looked at for the promise of a reply time
    reply_conversations_max: int = 40
    reply_conversations_min: int = 5
    rating_days: int = 7  # after the end of a conversation, for the first rating
    rating_change_hours: int = 24
    rating_request_hours: int = 24  # within which a contact is asked once
    rating_changes_max: int = 20
    offline_messages_per_day: int = 10  # of one visitor
    # routing
    agent_grace_seconds: float = 60.0  # that an agent may be away from the line before others get who waits for him
    offer_rest_seconds: float = 120.0  # after an agent said no, or nothing, before he is asked for the same one again
    transfer_offer_seconds: int = 60  # that a colleague has to answer a hand-over
    routing_queue_max: int = 5_000  # conversations that are looked at in one go
    routing_retry_seconds: float = 1.0  # after a write that was refused: a full disk, say
    routing_reread_seconds: float = 300.0  # after which all of the queue is read anew, at the next event
    long_waits_max: int = 500  # of those whose longest wait has passed, told in one go
    queue_priority_seconds: int = 300  # that one step of priority is worth in the queue
    queue_gather_ms: int = 500  # how long moves in the queue are gathered before visitors are told
    queue_estimate_seconds: float = 10.0  # that an estimate's figures may be old
    queue_service_minutes: int = 60  # how far back service times are looked at
    queue_services_max: int = 200  # of them
    queue_services_min: int = 3  # fewer say nothing
    returned_conversations_max: int = 200  # of one agent who is gone, in one go
    # tickets
    ticket_entries_max: int = 2_000  # lines in the history of one
    ticket_entries_looked_at: int = 200  # of them, the newest, for who changed something last
    ticket_conversations_max: int = 100  # that are linked to one
    ticket_unmerge_hours: int = 24  # that a merging may be undone
    ticket_bulk_max: int = 100  # tickets that are changed at once
    ticket_fields_max: int = 50
    ticket_statuses_max: int = 30
    ticket_notices_of_one_max: int = 500  # the newest that an agent keeps
    ticket_views_of_one_max: int = 50
    ticket_views_shared_max: int = 100
    ticket_references_max: int = 20  # that one has in other systems
    # adapters, ProtoBuf and gRPC
    adapter_proto_bytes_max: int = 4_194_304  # of all .proto texts, or of the descriptor set, of a source
    adapter_proto_files_max: int = 500
    adapter_proto_fields_max: int = 20_000  # of a message type together with all that it may hold
    grpc_message_bytes_max: int = 4_194_304  # of one message that a program sends us
    grpc_watch_gather_ms: int = 50  # how long news are gathered before those who watch are told
    grpc_calls_max: int = 1_000  # of all programs, that are answered at once
    grpc_seconds_max: float = 60.0  # for one message answered by one; streams last as long as their client likes
    # adapters: documents of other systems
    adapter_document_bytes_max: int = 8_388_608  # of one that is read whole
    adapter_stream_bytes_max: int = 67_108_864  # of one that is read record by record
    adapter_record_bytes_max: int = 1_048_576  # of one record in it
    # objects, lists and members of a JSON document; elements of an XML one; values that messages in a ProtoBuf one have
    adapter_document_values_max: int = 1_000_000
    adapter_xml_attributes_max: int = 256  # of one element
    adapter_xml_names_max: int = 10_000  # different ones of elements and attributes, of a document in a stream
    adapter_form_fields_max: int = 1_000
    adapter_columns_max: int = 500
    # adapters: specs
    adapter_spec_bytes_max: int = 262_144  # of one file
    adapter_spec_parts_max: int = 20_000  # words and values of one file, aliases counted each time
    # adapters: maps
    adapter_expression_characters_max: int = 2_000
    adapter_expression_depth_max: int = 24  # of parentheses, calls and `if` in one another
    adapter_map_fields_max: int = 500  # of a map, those of its inner maps included
    adapter_map_depth_max: int = 8  # of `each` and `map` in one another
    adapter_text_characters_max: int = 1_000_000  # that a function of an expression may make
    adapter_drift_paths_max: int = 1_000  # unknown fields, and unknown values of `enum`, that are counted apart
    adapter_drift_every: int = 64  # documents, of which one is looked through for fields that no map takes


class Tls(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the port is encrypted.

    `mode` off: not at all; files: with `certificate` and `key` (PEM); own: by an authority of our own, for networks
    without internet; acme: by a public one (RFC 8555), which asks `names` over `http_listen` on port 80. `http_listen`
    also sends people who come by http:// to https://.
    """

    mode: str = "off"
    certificate: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()
    http_listen: str = ""
    acme_directory: str = "https://acme-v02.api.letsencrypt.org/directory"
    acme_contact: str = ""  # an e-mail address that the authority may write to
    client_authorities: Path | None = None  # whose certificates joined systems may show; none: nobody is asked for one
    acme_ca_file: Path | None = None  # whom to trust at `acme_directory`; where none is named, whom the machine trusts


class Backups(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the server makes an archive of itself, and which of them stay.

    At `hour` of the machine's own time and every `every_hours` from then; 0: never. Kept are the last day's, one of
    each of the last `daily_kept` days and one of each of the last `weekly_kept` weeks, at most `bytes_max` of them all;
    the newest stays whatever it takes. `folder` defaults to `backups/` in the data folder. With `passphrase_file` the
    keys go in, sealed under its first line.
    """

    every_hours: int = 24
    hour: int = 3
    daily_kept: int = 7
    weekly_kept: int = 4
    bytes_max: int = 53_687_091_200
    folder: Path | None = None
    passphrase_file: Path | None = None


class AlsoAccepted(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of file that an administrator adds: its ending, and how such a file begins, in hexadecimal."""

    ending: str
    begins: str


class FileRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which kinds of files are taken. Those of `also` are saved by who gets them, never shown."""

    accept: tuple[str, ...] = ("image", "pdf", "office", "archive", "text", "audio", "video")
    also: tuple[AlsoAccepted, ...] = ()


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the appliance runs with. `workers` 0: one process; N: N gateway processes and one core.

    `tune`: numbers that nobody set follow the machine's memory, processors and descriptors, by the server's start.
    `public_listen`: a second listener for visitors alone. `public_url`: how people reach the appliance from outside, a
    path included. `trusted_proxies`: networks whose word about their clients is taken; with `proxy_protocol` each of
    their connections begins with a PROXY header. `grpc_reflection`: programs with a token may ask what there is.
    """

    data: Path = Path("data")
    listen: str = "127.0.0.1:8080"
    public_listen: str = ""
    workers: int = 0
    tune: bool = True
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    proxy_protocol: bool = False
    http2: bool = True
    grpc_reflection: bool = False
    demo: bool = False
    durability: str = "full"  # "normal" only for the control run of the power-cut test
    log_level: str = "info"
    files: FileRules = FileRules()
    tls: Tls = Tls()
    backups: Backups = Backups()
    limits: Limits = Limits()

    @property
    def base_path(self) -> str:
        """The path of `public_url` without its final slash: `/support`, or an empty string."""
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def public_host(self) -> str:
        """Host and port of `public_url` in lower case, or an empty string."""
        return urlsplit(self.public_url).netloc.lower()


class Source(Struct, frozen=True):
    """What one origin says: tuned, file, environment or flag. Tables, such as `limits`, are tables in `values`."""

    origin: str
    values: Mapping[str, object]


def load(
    flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None = None, data: Path | None = None
) -> Settings:
    """The settings from flags, environment and file, validated; raises `Invalid` naming the key and what is allowed.

    `file` defaults to `config.toml` in the data folder, where it may be absent; a named file must exist.
    """
    return settle(sources(flags, environ, file, data))


def sources(
    flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None = None, data: Path | None = None
) -> tuple[Source, ...]:
    """What was given, the weakest first; as `load`, which settles it."""
    given = {key: value for key, value in flags.items() if value is not None}
    from_environment = _environment(environ)
    folder = data or Path(str(given.get("data") or from_environment.get("data") or Settings().data))
    from_file = _file(file, folder)
    return Source("file", from_file), Source("environment", from_environment), Source("flag", given)


def settle(given: Sequence[Source]) -> Settings:
    """The settings of these sources over the defaults, the weakest first, validated; raises as `load`."""
    merged: dict[str, object] = {"limits": {}}  # of its own: the default's is everybody's, and `adopt` changes it
    for source in given:
        merged = _merge(merged, source.values)
    try:
        settings = msgspec.convert(merged, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise _wrong(_explain(str(error))) from error
    _check(settings)
    return settings


def adopt(running: Settings, read: Settings) -> tuple[list[str], list[str]]:
    """Make of `read` what may change while it runs; the names of what changed, and of what waits for the next start.

    `running` and its limits are one object for every room, and are changed in place: between two turns of the loop.
    """
    changed, kept = [], []
    for name, new in _differences(running, read):
        if name in RELOADED:
            owner = running.limits if name.startswith("limits.") else running
            force_setattr(owner, name.removeprefix("limits."), new)
            changed.append(name)
        else:
            kept.append(name)
    return changed, kept


def differences(running: Settings, read: Settings) -> list[str]:
    """The names of the settings in which the two differ."""
    return [name for name, _ in _differences(running, read)]


def _differences(running: Settings, read: Settings) -> Iterator[tuple[str, object]]:
    for name in Settings.__struct_fields__:
        old, new = getattr(running, name), getattr(read, name)
        if isinstance(old, Limits | Tls | Backups):
            for part in old.__struct_fields__:
                if getattr(old, part) != getattr(new, part):
                    yield f"{name}.{part}", getattr(new, part)
        elif old != new:
            yield name, new


def origins(given: Sequence[Source]) -> dict[str, str]:
    """Where each key (`limits.readers`) comes from that is no default; `given` as for `settle`, the weakest first."""
    return {key: source.origin for source in given for key, _ in _flat(source.values)}


def named(settings: Settings) -> Iterator[tuple[str, object]]:
    """Every setting with its value, by its key in the configuration."""
    return _flat(msgspec.to_builtins(settings, enc_hook=str))


def _flat(values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", below) for inner, below in value.items())
        else:
            yield key, value


def to_json(settings: Settings) -> str:
    """For another process of ours, which reads it with `from_json`."""
    return msgspec.json.encode(settings, enc_hook=str).decode()


def from_json(text: str) -> Settings:
    """What `to_json` wrote."""
    return msgspec.json.decode(text, type=Settings, dec_hook=_decode)


def _file(file: Path | None, folder: Path) -> dict[str, object]:
    path = file or folder / "config.toml"
    try:
        if file is None and not path.exists():
            return {}
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except PermissionError as error:
        raise Forbidden(
            "config_not_readable",
            f"{path} is not yours to read: it belongs to whoever runs the server. Give the command as that user, or "
            "with sudo before it.",
            f"无权读取 {path}：该文件属于运行服务的用户。请以该用户身份执行，或在命令前加 sudo。",
        ) from error
    except FileNotFoundError as error:
        raise Invalid(
            "config_missing",
            f"There is no configuration file {path}. Name an existing one with --config, or leave the flag out.",
            f"没有找到配置文件 {path}。请用 --config 指定已有文件，或不使用该参数。",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(
            "config_malformed", f"{path}: {error}. Correct that line.", f"{path}：{error}。请修正该行。"
        ) from error


def _environment(environ: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    groups: dict[str, dict[str, object]] = {}
    for name, value in environ.items():
        if not name.startswith(_PREFIX) or name == _OF_THE_BOOTLOADER:
            continue
        key = name.removeprefix(_PREFIX).lower()
        group = next((group for group in _GROUPS if key.startswith(f"{group}_")), "")
        if group:
            groups.setdefault(group, {})[key.removeprefix(f"{group}_")] = value
        elif key in _LISTS:
            values[key] = [one.strip() for one in value.split(",") if one.strip()]
        else:
            values[key] = value
    if "names" in (tls := groups.get("tls", {})):
        tls["names"] = [name.strip() for name in str(tls["names"]).split(",") if name.strip()]
    return {**values, **groups}


def _merge(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    merged = {**below, **above}
    for group in _GROUPS:
        lower, upper = below.get(group), above.get(group)
        if isinstance(lower, Mapping) and isinstance(upper, Mapping):
            merged[group] = {**lower, **upper}
    return merged


def _explain(why: str) -> str:
    """msgspec's sentence, and for an unknown key the nearest known ones."""
    unknown = _UNKNOWN_KEY.search(why)
    if unknown is None:
        return why
    kinds: dict[str, type[Struct]] = {"$.limits": Limits, "$.tls": Tls, "$.backups": Backups}
    kind = next((kind for place, kind in kinds.items() if place in why), Settings)
    near = get_close_matches(unknown[1], kind.__struct_fields__, n=3, cutoff=0.5) or kind.__struct_fields__
    return f"unknown key “{unknown[1]}”; allowed: {', '.join(near)}"


def _decode(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise NotImplementedError(f"no decoder for {kind}")


def _check(settings: Settings) -> None:
    for name in Limits.__struct_fields__:
        if getattr(settings.limits, name) <= 0:
            raise _wrong(f"limits.{name} must be greater than 0")
    if not 0 < settings.limits.memory_shed_from <= settings.limits.memory_shed_to <= 1:
        raise _wrong("limits.memory_shed_from and limits.memory_shed_to must be parts of 1, the first not the larger")
    if settings.durability not in _DURABILITIES:
        raise _wrong(f"durability must be one of {', '.join(_DURABILITIES)}")
    if settings.log_level not in _LOG_LEVELS:
        raise _wrong(f"log_level must be one of {', '.join(_LOG_LEVELS)}")
    if not 0 <= settings.workers <= _WORKERS_MAX:
        raise _wrong(f"workers must be between 0 and {_WORKERS_MAX}")
    if settings.public_listen:
        host_and_port(settings.public_listen, "public_listen")
        if not settings.public_url:
            raise _wrong("public_listen needs public_url: it says where visitors find that listener")
    _check_public_url(settings.public_url)
    _check_proxies(settings)
    host_and_port(settings.listen)
    _check_files(settings.files)
    _check_tls(settings.tls)
    _check_backups(settings.backups)


def _check_tls(tls: Tls) -> None:
    if tls.mode not in _TLS_MODES:
        raise _wrong(f"tls.mode must be one of {', '.join(_TLS_MODES)}")
    if tls.mode == "files" and (tls.certificate is None or tls.key is None):
        raise _wrong("tls.mode “files” needs tls.certificate and tls.key, two files in PEM")
    if tls.mode == "acme" and not (tls.names and tls.http_listen):
        raise _wrong("tls.mode “acme” needs tls.names and tls.http_listen, for example 0.0.0.0:80")
    for name in tls.names:
        if not is_host(name.lower()):
            raise _wrong(f"tls.names must be host names or IP addresses, not “{name}”")
    if not tls.acme_directory.startswith("https://"):
        raise _wrong("tls.acme_directory must begin with https://")
    if tls.http_listen:
        if tls.mode == "off":
            raise _wrong("tls.http_listen leads to https and needs a tls.mode other than “off”")
        host_and_port(tls.http_listen, "tls.http_listen")


def _check_backups(rules: Backups) -> None:
    if rules.every_hours not in _BACKUP_HOURS:
        allowed = ", ".join(str(hours) for hours in _BACKUP_HOURS)
        raise _wrong(f"backups.every_hours must be one of {allowed} (0: never)")
    if not 0 <= rules.hour < _DAY_HOURS:
        raise _wrong("backups.hour must be between 0 and 23")
    for name in ("daily_kept", "weekly_kept"):
        if getattr(rules, name) < 0:
            raise _wrong(f"backups.{name} must not be negative")
    if rules.bytes_max <= 0:
        raise _wrong("backups.bytes_max must be greater than 0")


def is_host(text: str) -> bool:
    """Whether this is a host name in lower case (an international one as `xn--…`) or an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _NAME.fullmatch(text) is not None
    return True


def _check_files(rules: FileRules) -> None:
    for group in rules.accept:
        if group not in FileRules().accept:
            raise _wrong(f"files.accept may hold {', '.join(FileRules().accept)}, not “{group}”")
    for also in rules.also:
        if not _ENDING.fullmatch(also.ending):
            raise _wrong(f"files.also.ending must be like .dwg, not “{also.ending}”")
        if not _BEGINNING.fullmatch(also.begins):
            raise _wrong(f"files.also.begins must be 2 to 32 bytes in hexadecimal, not “{also.begins}”")


def host_and_port(listen: str, key: str = "listen") -> tuple[str, int]:
    """`HOST:PORT` as its two parts (an IPv6 host in brackets); port 0 lets the system choose."""
    host, colon, port = listen.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) <= _PORT_MAX):
        raise _wrong(f"{key} must be HOST:PORT with a port up to {_PORT_MAX}, not “{listen}”")
    return host.strip("[]"), int(port)


def _check_public_url(url: str) -> None:
    if not url:
        return
    found = _PUBLIC_URL.fullmatch(url)
    if found is None:
        raise _wrong(f"public_url must be like https://shop.example or https://shop.example/support, not “{url}”")
    first = found[1].partition("/")[2].partition("/")[0]
    if _OWN_PATHS.fullmatch(first):
        raise _wrong(f"the path of public_url must not begin with /{first}, which is an address of Monodesk itself")


def _check_proxies(settings: Settings) -> None:
    for network in settings.trusted_proxies:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise _wrong(
                "trusted_proxies must be addresses or networks like 10.0.0.1 or 10.0.0.0/8, without host bits, "
                f"not “{network}”"
            ) from error
    if settings.proxy_protocol and not settings.trusted_proxies:
        raise _wrong("proxy_protocol needs trusted_proxies: a PROXY header is believed from them alone")


def _wrong(why: str) -> Invalid:
    return Invalid(
        "config_invalid",
        f"Configuration: {why}. Correct the flag, the MONODESK_ variable or config.toml.",
        f"配置有误：{why}。请修正命令行参数、MONODESK_ 环境变量或 config.toml。",
    )

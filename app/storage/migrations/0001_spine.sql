-- The spine: people, conversations, messages, stored events, outbox. Times in milliseconds UTC, ids 26 characters.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE teams (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE inboxes (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    origins TEXT NOT NULL DEFAULT '[]',
    team_id TEXT REFERENCES teams (id),
    color TEXT NOT NULL DEFAULT '',
    greeting_en TEXT NOT NULL DEFAULT '',
    greeting_zh TEXT NOT NULL DEFAULT '',
    preview INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE, -- lower case
    name TEXT NOT NULL,
    password TEXT NOT NULL, -- argon2id; '' cannot sign in
    role TEXT NOT NULL,
    availability TEXT NOT NULL DEFAULT 'online',
    language TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE agent_teams (
    agent_id TEXT NOT NULL REFERENCES agents (id),
    team_id TEXT NOT NULL REFERENCES teams (id),
    PRIMARY KEY (agent_id, team_id)
);

CREATE TABLE sessions (
    digest TEXT PRIMARY KEY, -- SHA-256 of the cookie
    id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL REFERENCES agents (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address TEXT NOT NULL DEFAULT '',
    user_agent TEXT NOT NULL DEFAULT ''
);
CREATE INDEX sessions_by_agent ON sessions (agent_id);

CREATE TABLE setup_links (
    digest TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    browser TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    attributes TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE visitor_tokens (
    digest TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    created_at BIGINT NOT NULL
);

CREATE TABLE visits (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    referrer TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX visits_by_contact ON visits (contact_id, at);

CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    seq BIGINT NOT NULL DEFAULT 0,
    staff_seq BIGINT NOT NULL DEFAULT 0,
    assignee_id TEXT REFERENCES agents (id),
    team_id TEXT REFERENCES teams (id),
    priority INTEGER NOT NULL DEFAULT 0,
    waiting_since BIGINT,
    snoozed_until BIGINT,
    resolved_at BIGINT,
    close_reason TEXT,
    merged_into TEXT,
    follows TEXT,
    fence BIGINT NOT NULL DEFAULT 0,
    last_text TEXT NOT NULL DEFAULT '',
    last_kind TEXT NOT NULL DEFAULT '',
    last_note INTEGER NOT NULL DEFAULT 0,
    last_at BIGINT NOT NULL DEFAULT 0,
    visitor_read BIGINT NOT NULL DEFAULT 0,
    visitor_delivered BIGINT NOT NULL DEFAULT 0,
    staff_read BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX conversations_by_contact ON conversations (contact_id, created_at);
CREATE INDEX conversations_by_status ON conversations (status, updated_at);
CREATE INDEX conversations_by_assignee ON conversations (assignee_id, status, updated_at);

CREATE TABLE messages (
    number INTEGER PRIMARY KEY, -- grows with time: search and reports go by it
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    staff_seq BIGINT NOT NULL,
    seq BIGINT,
    kind TEXT NOT NULL,
    sender_kind TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    sender_name TEXT NOT NULL DEFAULT '',
    cid TEXT, -- NULL for what the appliance writes itself
    request TEXT NOT NULL DEFAULT '', -- digest of the command, so that the same cid with another body is a conflict
    text TEXT NOT NULL,
    attachments TEXT NOT NULL DEFAULT '[]',
    target TEXT,
    data TEXT,
    at BIGINT NOT NULL,
    edited_at BIGINT,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX messages_by_staff_seq ON messages (conversation_id, staff_seq);
CREATE UNIQUE INDEX messages_by_seq ON messages (conversation_id, seq) WHERE seq IS NOT NULL;
CREATE UNIQUE INDEX messages_by_cid ON messages (sender_id, cid) WHERE cid IS NOT NULL;

CREATE TABLE watermarks (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    person_kind TEXT NOT NULL,
    person_id TEXT NOT NULL,
    read_seq BIGINT NOT NULL DEFAULT 0, -- counted as that person counts
    delivered_seq BIGINT NOT NULL DEFAULT 0,
    after_pos BIGINT NOT NULL DEFAULT 0, -- the newest stored event when it moved: what an agent's resume must repeat
    PRIMARY KEY (conversation_id, person_kind, person_id)
);
CREATE INDEX watermarks_by_pos ON watermarks (after_pos);

CREATE TABLE files (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size BIGINT NOT NULL,
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    stored_as TEXT NOT NULL UNIQUE, -- 128 random bits: the name on disk
    sha256 TEXT NOT NULL,
    owner_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    conversation_id TEXT REFERENCES conversations (id), -- set when a message carries it
    visible INTEGER NOT NULL DEFAULT 0, -- whether that message is one the visitor sees
    created_at BIGINT NOT NULL
);

CREATE TABLE events (
    pos INTEGER PRIMARY KEY, -- dense, given by the writer; the newest row is never pruned
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE outbox (
    number INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    payload BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'ready', -- ready, leased, dead; a finished row is deleted
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT,
    lease TEXT,
    error TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_by_state ON outbox (topic, state, due_at);
CREATE INDEX outbox_by_key ON outbox (topic, key, number);

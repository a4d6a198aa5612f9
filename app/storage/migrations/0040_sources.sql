-- What the adapter engine keeps of its sources. Times in ms UTC.

-- The spec that a source runs by: the last one that passed its cases, whatever the file says by now.
CREATE TABLE source_specs (
    source TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    file TEXT NOT NULL,
    text TEXT NOT NULL,
    at BIGINT NOT NULL
);

-- How far a source has been read; written with the rows that were read.
CREATE TABLE source_cursors (
    source TEXT PRIMARY KEY,
    state TEXT NOT NULL, -- JSON
    at BIGINT NOT NULL,
    heard BIGINT -- of one that listens to our events: up to which position
);

CREATE TABLE source_runs (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    spec TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    counts TEXT NOT NULL, -- JSON
    code TEXT NOT NULL DEFAULT '',
    en TEXT NOT NULL DEFAULT '',
    zh TEXT NOT NULL DEFAULT ''
);
CREATE INDEX source_runs_of ON source_runs (source, id);

-- What could not be read, mapped or handed over: as it came, to be replayed.
CREATE TABLE dead_letters (
    id TEXT PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE, -- in which order they came, and are replayed
    source TEXT NOT NULL,
    spec TEXT NOT NULL,
    at BIGINT NOT NULL,
    stage TEXT NOT NULL, -- read, ask, map, write, deliver
    code TEXT NOT NULL,
    path TEXT NOT NULL,
    en TEXT NOT NULL,
    zh TEXT NOT NULL,
    form TEXT NOT NULL, -- the format of `raw`
    raw BLOB NOT NULL,
    bytes BIGINT NOT NULL, -- of `raw`
    digest TEXT NOT NULL, -- of `raw`: what comes again is the same letter
    came TEXT NOT NULL, -- JSON: what came beside it that a map may refer to, headers and query
    external_id TEXT NOT NULL DEFAULT '',
    attempts BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX dead_letters_of ON dead_letters (source, id);
CREATE INDEX dead_letters_sizes ON dead_letters (source, bytes);
CREATE INDEX dead_letters_by_time ON dead_letters (at);
CREATE UNIQUE INDEX dead_letters_once ON dead_letters (source, digest);

-- Fields nobody maps, enum values nobody knows, types that changed: counted, never fatal.
CREATE TABLE source_drift (
    source TEXT NOT NULL,
    what TEXT NOT NULL, -- field, value, type
    path TEXT NOT NULL,
    value TEXT NOT NULL,
    count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (source, what, path, value)
);

-- Deliveries that were taken: the same one again changes nothing, and a signature is good once.
CREATE TABLE source_deliveries (
    source TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    digest TEXT NOT NULL, -- of what came: the same again is their retry, another under this name a forgery
    until BIGINT NOT NULL, -- when it may be forgotten
    PRIMARY KEY (source, delivery_id)
);
CREATE INDEX source_deliveries_by_time ON source_deliveries (until);

-- What of ours a thing of theirs became, and of theirs what ours became.
CREATE TABLE source_links (
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    noun TEXT NOT NULL, -- ticket, conversation, contact, message, inbox
    thing_id TEXT NOT NULL,
    changed_at BIGINT NOT NULL DEFAULT 0, -- theirs, of what was taken last
    base TEXT NOT NULL DEFAULT '', -- JSON: what they said last, by which is known who has changed it since
    PRIMARY KEY (source, noun, external_id)
);
CREATE INDEX source_links_of ON source_links (noun, thing_id);

-- Conversations whose customer is at another system: where what is said to him goes.
CREATE TABLE channel_conversations (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id),
    source TEXT NOT NULL,
    sender TEXT NOT NULL, -- what the customer is called there
    facts TEXT NOT NULL, -- JSON, texts by name: what else the way back needs
    at BIGINT NOT NULL
);
CREATE INDEX channel_conversations_of ON channel_conversations (source, sender, at);

-- The W3C trace that an event belongs to, as `traceparent` writes it; empty for none.
ALTER TABLE events ADD COLUMN trace TEXT NOT NULL DEFAULT '';

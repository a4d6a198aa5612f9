-- The visitor's screens: how an inbox looks and asks, what visitors claim, messages left, ratings. Times in ms UTC.

ALTER TABLE inboxes ADD COLUMN widget TEXT NOT NULL DEFAULT '{}';
ALTER TABLE contacts ADD COLUMN claimed TEXT NOT NULL DEFAULT '[]'; -- facts that nobody has checked
CREATE INDEX conversations_by_inbox ON conversations (inbox_id, created_at);

CREATE TABLE introductions (
    contact_id TEXT PRIMARY KEY REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    at BIGINT NOT NULL,
    consent TEXT NOT NULL DEFAULT '', -- the words agreed to, as they stood then
    consent_link TEXT NOT NULL DEFAULT ''
);

CREATE TABLE visitor_events (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    name TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '{}',
    at BIGINT NOT NULL
);
CREATE INDEX visitor_events_by_contact ON visitor_events (contact_id, at);

CREATE TABLE offline_messages (
    number INTEGER PRIMARY KEY, -- what the visitor is told
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    cid TEXT NOT NULL,
    request TEXT NOT NULL, -- digest of the command, so that the same cid with another body is a conflict
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX offline_messages_by_cid ON offline_messages (contact_id, cid);
CREATE INDEX offline_messages_by_contact ON offline_messages (contact_id, at);
CREATE INDEX offline_messages_by_conversation ON offline_messages (conversation_id);

CREATE TABLE ratings (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    agent_id TEXT REFERENCES agents (id),
    score INTEGER NOT NULL, -- 1 to 5
    tags TEXT NOT NULL DEFAULT '[]',
    text TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX ratings_by_contact ON ratings (contact_id, created_at);
CREATE INDEX ratings_by_agent ON ratings (agent_id, created_at);

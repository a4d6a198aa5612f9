-- Links by which colleagues set a password, and the relay that sends them. Times in ms UTC.

CREATE TABLE access_links (
    digest TEXT PRIMARY KEY, -- SHA-256 of what stands in the link
    agent_id TEXT NOT NULL REFERENCES agents (id),
    purpose TEXT NOT NULL, -- invitation, password
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX access_links_by_agent ON access_links (agent_id, created_at);

CREATE TABLE mail_relay (
    id INTEGER PRIMARY KEY, -- 1: there is one at most
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    security TEXT NOT NULL, -- none, starttls, tls
    username TEXT NOT NULL DEFAULT '',
    secret TEXT NOT NULL DEFAULT '', -- where the password is, never the password
    sender TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    sent_at BIGINT,
    trouble TEXT -- JSON: what is wrong since the last letter that was taken
);

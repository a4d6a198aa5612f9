-- What of their tickets agents are told of, and what each has switched off. Times in ms UTC.

CREATE TABLE ticket_notices (
    number INTEGER PRIMARY KEY,
    agent_id TEXT NOT NULL REFERENCES agents (id),
    ticket_id TEXT NOT NULL REFERENCES tickets (id),
    seq BIGINT NOT NULL, -- the line of its history
    why TEXT NOT NULL, -- mentioned, assigned, watched
    seen INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX ticket_notices_by_agent ON ticket_notices (agent_id, ticket_id, seq);
CREATE INDEX ticket_notices_in_order ON ticket_notices (agent_id, number);

CREATE TABLE ticket_notice_choices (
    agent_id TEXT PRIMARY KEY REFERENCES agents (id),
    mentioned INTEGER NOT NULL DEFAULT 1,
    assigned INTEGER NOT NULL DEFAULT 1,
    watched INTEGER NOT NULL DEFAULT 1
);

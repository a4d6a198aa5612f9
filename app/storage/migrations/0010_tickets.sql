-- Tickets: matters that are followed until they are done. Times in ms UTC.

CREATE TABLE tickets (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE, -- what people say: dense, given in the commit that makes the ticket
    version BIGINT NOT NULL, -- grows with every change: who changes names the one he saw
    title TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL, -- new, open, waiting, done
    priority INTEGER NOT NULL, -- 1 low, 2 normal, 3 high, 4 urgent
    type TEXT NOT NULL, -- question, problem, request, task
    contact_id TEXT REFERENCES contacts (id),
    assignee_id TEXT REFERENCES agents (id),
    team_id TEXT REFERENCES teams (id),
    due_at BIGINT,
    author_id TEXT NOT NULL, -- the agent who made it, or the name of a machine
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    done_at BIGINT,
    entries BIGINT NOT NULL DEFAULT 0, -- the newest number in its history
    cid TEXT, -- of the request that made it
    request TEXT NOT NULL DEFAULT '' -- digest of that request, so that the same cid with another body is a conflict
);
CREATE UNIQUE INDEX tickets_by_cid ON tickets (author_id, cid) WHERE cid IS NOT NULL;
CREATE INDEX tickets_by_update ON tickets (updated_at, number);
CREATE INDEX tickets_by_status ON tickets (status, updated_at);
CREATE INDEX tickets_by_assignee ON tickets (assignee_id, status, updated_at);
CREATE INDEX tickets_by_contact ON tickets (contact_id, updated_at) WHERE contact_id IS NOT NULL;

CREATE TABLE ticket_entries ( -- the history: nothing in it is changed or deleted
    ticket_id TEXT NOT NULL REFERENCES tickets (id),
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL DEFAULT '',
    at BIGINT NOT NULL,
    text TEXT NOT NULL DEFAULT '',
    changes TEXT NOT NULL DEFAULT '[]',
    cid TEXT,
    PRIMARY KEY (ticket_id, seq)
);
CREATE UNIQUE INDEX ticket_entries_by_cid ON ticket_entries (actor_id, cid) WHERE cid IS NOT NULL;

CREATE TABLE ticket_conversations (
    ticket_id TEXT NOT NULL REFERENCES tickets (id),
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (ticket_id, conversation_id)
);
CREATE INDEX ticket_conversations_by_conversation ON ticket_conversations (conversation_id);

CREATE TABLE ticket_references ( -- what it is called in another system, records included: one name leads to one ticket
    system TEXT NOT NULL,
    reference TEXT NOT NULL,
    ticket_id TEXT NOT NULL REFERENCES tickets (id),
    url TEXT NOT NULL DEFAULT '',
    at BIGINT NOT NULL,
    PRIMARY KEY (system, reference)
);
CREATE INDEX ticket_references_by_ticket ON ticket_references (ticket_id, at);

CREATE TABLE ticket_watchers (
    ticket_id TEXT NOT NULL REFERENCES tickets (id),
    agent_id TEXT NOT NULL REFERENCES agents (id),
    PRIMARY KEY (ticket_id, agent_id)
);
CREATE INDEX ticket_watchers_by_agent ON ticket_watchers (agent_id);

CREATE VIRTUAL TABLE ticket_search USING fts5( -- by the ticket's number
    words,
    content = '',
    contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);

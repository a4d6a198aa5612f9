-- Answers that go later: at a moment, or after a short while in which they can be taken back. Times in ms UTC.

CREATE TABLE scheduled_messages (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    agent_id TEXT NOT NULL REFERENCES agents (id),
    cid TEXT NOT NULL,
    text TEXT NOT NULL,
    files TEXT NOT NULL DEFAULT '[]',
    due_at BIGINT NOT NULL,
    held INTEGER NOT NULL, -- it goes at once but for the while in which it can be taken back
    unless_written INTEGER NOT NULL, -- not where the visitor has written meanwhile
    staff_seq BIGINT NOT NULL, -- the newest number of the thread when it was written
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX scheduled_messages_by_cid ON scheduled_messages (agent_id, cid);
CREATE INDEX scheduled_messages_by_due ON scheduled_messages (due_at);
CREATE INDEX scheduled_messages_by_conversation ON scheduled_messages (conversation_id, due_at);

CREATE TABLE undo_send (
    agent_id TEXT PRIMARY KEY REFERENCES agents (id),
    seconds INTEGER NOT NULL
);

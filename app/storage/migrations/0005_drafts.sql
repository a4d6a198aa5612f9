-- What agents are writing: at most one reply and one note for each agent and conversation.

CREATE TABLE drafts (
    agent_id TEXT NOT NULL REFERENCES agents (id),
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    note INTEGER NOT NULL,
    text TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (agent_id, conversation_id, note)
);
CREATE INDEX drafts_by_age ON drafts (agent_id, at);

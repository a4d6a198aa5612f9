-- Colleagues who were named in notes. `seen` once the colleague has read up to it.

CREATE TABLE mentions (
    agent_id TEXT NOT NULL REFERENCES agents (id),
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    staff_seq BIGINT NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agent_id, conversation_id, staff_seq)
);
CREATE INDEX mentions_unseen ON mentions (agent_id, conversation_id) WHERE seen = 0;
CREATE INDEX mentions_by_entry ON mentions (conversation_id, staff_seq);

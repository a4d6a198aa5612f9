-- What messages said before they were edited or taken back. Times in ms UTC.

CREATE TABLE message_versions (
    message_id TEXT NOT NULL REFERENCES messages (id),
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    at BIGINT NOT NULL, -- when it ended to say so
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    text TEXT NOT NULL,
    deleted INTEGER NOT NULL -- it was taken back, not edited
);
CREATE INDEX message_versions_by_conversation ON message_versions (conversation_id, at);

-- Who has waited so long that the form came to him: once for each wait. Times in ms UTC.

CREATE TABLE long_waits (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id),
    since BIGINT NOT NULL -- when the wait began of which he was told
);

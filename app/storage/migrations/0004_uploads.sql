-- Uploads that are not whole yet: how much of one has come is the size of its file on disk.

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    size BIGINT NOT NULL, -- 0 where its sender did not say
    stored_as TEXT NOT NULL UNIQUE, -- 128 random bits: the name on disk
    owner_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    file_id TEXT, -- what it has become
    created_at BIGINT NOT NULL
);
CREATE INDEX uploads_by_owner ON uploads (owner_kind, owner_id);
CREATE INDEX uploads_by_age ON uploads (created_at);
CREATE INDEX files_by_owner ON files (owner_kind, owner_id, created_at); -- what a person has sent in a day
CREATE INDEX files_unsent ON files (created_at) WHERE conversation_id IS NULL;

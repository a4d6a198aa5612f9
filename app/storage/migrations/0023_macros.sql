-- What is done with a conversation again and again, under a name. Times in ms UTC.

CREATE TABLE macros (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    scope TEXT NOT NULL, -- me, team, all
    owner_id TEXT NOT NULL REFERENCES agents (id),
    team_id TEXT REFERENCES teams (id),
    actions TEXT NOT NULL, -- JSON, in their order
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    used BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX macros_by_owner ON macros (owner_id);

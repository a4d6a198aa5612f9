-- A desk's own roles, and tokens by which programs use the API. Times in ms UTC.

CREATE TABLE roles (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    permissions TEXT NOT NULL, -- JSON: a list of words
    created_at BIGINT NOT NULL
);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE, -- of the secret, which is shown once and kept nowhere
    agent_id TEXT NOT NULL REFERENCES agents (id), -- in whose name it acts, never beyond his rights
    name TEXT NOT NULL,
    scopes TEXT NOT NULL, -- JSON: a list of permissions
    created_at BIGINT NOT NULL,
    expires_at BIGINT, -- NULL: never
    seen_at BIGINT, -- NULL: not used yet
    address TEXT NOT NULL DEFAULT '' -- from where it was used last
);
CREATE INDEX tokens_by_agent ON tokens (agent_id);
CREATE INDEX agents_by_role ON agents (role);

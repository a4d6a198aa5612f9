-- Sign-in: the second step with its recovery codes, and the browsers in which somebody has signed in before.

CREATE TABLE two_step (
    agent_id TEXT PRIMARY KEY REFERENCES agents (id),
    secret TEXT NOT NULL, -- base32, as the authenticator app holds it
    step BIGINT NOT NULL, -- the newest time step that was accepted: a code is good once
    since BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    digest TEXT NOT NULL, -- SHA-256 of a code of 80 random bits; a used one is deleted
    agent_id TEXT NOT NULL REFERENCES agents (id),
    PRIMARY KEY (agent_id, digest)
);

CREATE TABLE known_browsers (
    digest TEXT NOT NULL, -- SHA-256 of the cookie
    agent_id TEXT NOT NULL REFERENCES agents (id),
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (digest, agent_id)
);
CREATE INDEX known_browsers_by_agent ON known_browsers (agent_id, seen_at);

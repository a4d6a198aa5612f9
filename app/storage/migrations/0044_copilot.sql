-- The endpoint that drafts for agents, where there is one; its key lies in keys/.

CREATE TABLE copilot (
    id BIGINT PRIMARY KEY,
    body TEXT NOT NULL -- JSON
);

-- Transcripts that visitors had mailed: how many leave is limited. Times in ms UTC.

CREATE TABLE transcript_requests (
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    address TEXT NOT NULL, -- in lower case
    at BIGINT NOT NULL
);
CREATE INDEX transcript_requests_by_time ON transcript_requests (at);

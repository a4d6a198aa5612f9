-- When a visitor was asked to rate a conversation: who was not asked does not rate. Times in ms UTC.

CREATE TABLE rating_requests (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    at BIGINT NOT NULL, -- the conversation was resolved
    shown_from BIGINT NOT NULL -- the visitor is shown the question from then on
);
CREATE INDEX rating_requests_by_contact ON rating_requests (contact_id, at);
CREATE INDEX ratings_by_time ON ratings (created_at, conversation_id);

-- Until now everybody was asked.
INSERT INTO rating_requests (conversation_id, contact_id, inbox_id, at, shown_from)
SELECT id, contact_id, inbox_id, resolved_at, resolved_at FROM conversations WHERE resolved_at IS NOT NULL;

-- Answers in a chat that its visitor has not seen leave by mail after a while. Times in ms UTC.

ALTER TABLE mail_relay ADD COLUMN follow_up INTEGER NOT NULL DEFAULT 1; -- whether they do

CREATE TABLE mail_turns (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id),
    due_at BIGINT, -- when is looked whether he has seen it; NULL: nothing waits
    sent_at BIGINT NOT NULL DEFAULT 0,
    sent_seq BIGINT NOT NULL DEFAULT 0 -- what the visitor got by mail, as he counts
);
CREATE INDEX mail_turns_by_due ON mail_turns (due_at) WHERE due_at IS NOT NULL;

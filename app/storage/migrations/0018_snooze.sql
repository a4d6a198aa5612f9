-- Conversations that sleep: which is the next to wake, without reading a row.

CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE snoozed_until IS NOT NULL;

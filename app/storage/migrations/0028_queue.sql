-- Who spoke with a visitor before, without reading all that he has queued.

CREATE INDEX conversations_of_contact_assigned ON conversations (contact_id, created_at) WHERE assignee_id IS NOT NULL;

-- A contact who went on as another takes his block along, beside the other's own: each keeps its end and its reason.

DROP INDEX blocks_by_contact;
CREATE INDEX blocks_of_contact ON blocks (contact_id) WHERE contact_id IS NOT NULL;

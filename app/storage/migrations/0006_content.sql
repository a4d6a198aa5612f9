-- Cards and quick replies of a message, as JSON; NULL for all others.

ALTER TABLE messages ADD COLUMN content TEXT;

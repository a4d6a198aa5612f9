-- A message that was left is a ticket. Those that were left before there was one keep their own number.

ALTER TABLE offline_messages ADD COLUMN ticket_id TEXT REFERENCES tickets (id);

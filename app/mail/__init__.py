"""E-mail: the relay that letters leave by, the mailboxes that they come in by, and what becomes of them.

A door's room: it speaks with other people's servers and hands what came to `chat`, as a visitor's socket would. Called
by `api` (settings, tests, invitations), by the outbox (letters) and by the appliance (mailboxes that are watched).
"""

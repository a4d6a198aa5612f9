"""Owns tickets: what they say, whose they are, their history, what they are tied to.

Called by the API, and by `chat` for a ticket that comes out of a conversation. The promises (SLA) will live here too.
"""

"""The one durable queue of things to do after a commit: search, counters, later webhooks and mail.

Owns the dispatching. Any room adds a task inside its transaction (`Transaction.enqueue`); handlers are joined to their
topics by `appliance`.
"""

"""The REST door and long-polling, on Starlette: one table of routes, one file per resource.

Owns HTTP itself: who asks, what he asks for, how a refusal looks. `appliance` builds it; nobody else calls it.
"""

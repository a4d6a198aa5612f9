"""The door for people: one port, sockets, who listens to what, limits.

Runs in the core's process (`workers = 0`) or beside it (`workers = N`); it holds no database and no domain and speaks
with the core through `core.Core` alone.
"""

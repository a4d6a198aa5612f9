"""Mutual exclusion by name, first come first served, with fencing tokens that only grow.

Called by domain rooms, by `outbox` and by `appliance`. A lock alone proves nothing: the write checks the token.
"""

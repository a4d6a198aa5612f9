"""Announcing what was written: whoever listens hears it, whoever misses it reads the database.

Nothing's correctness rests on it. Called by `appliance` (which joins it to the engine) and by every room that listens.
"""

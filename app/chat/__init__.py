"""Owns conversations, their entries and who is present: every rule of who may say what, and what follows from it.

Called by the doors (gateway, api, adapters) with a proven principal; writes through storage, announces on the bus.
"""

"""Owns contacts: who a visitor is (inbox and token), what the desk knows of him, which pages he saw.

Called by the doors and by chat; writes through storage, announces on the bus.
"""

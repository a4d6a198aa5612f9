"""Targets with a fault that the fuzzer must find: what may go wrong in `harm.py`, one target a file."""

"""Targets that are the running server: bytes over real connections. Only imported where they are run."""

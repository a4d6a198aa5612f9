"""Agents, teams, roles, sessions, and the one policy function.

Owns who may do what. Called by `chat`, `api` and `gateway`; imports `storage` and below.
"""

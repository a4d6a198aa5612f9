"""Orders, shipments, customers, cases and notes of joined systems, by source, beside the contacts they belong to.

Owns what is kept of them. `adapters` brings them in, `api` shows them.
"""

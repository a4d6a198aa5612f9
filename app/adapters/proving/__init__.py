"""Secrets, signatures and proofs: how we prove ourselves to other systems, and they to us."""

"""Certificates: the files given, an authority of our own for networks without internet, or a public one over ACME.

Owns `keys/` in the data folder. Called by `appliance`, which keeps it going, and by `gateway`, which reads what lies
there (`places` and nothing else, so that a gateway process does not load `cryptography`).
"""

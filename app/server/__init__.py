"""The server as its administrators see it: what needs them now, how it stands, a backup at their word.

Owns nothing that is stored. Called by `api` and `gateway`; the appliance gives it who is to be asked.
"""

"""What is wrong with a server and its machine, what it means, and the command that mends it.

Owns the checks, one function each, a file per family, and `checks.CHECKS`, their one table. Called by `commands` (the
doctor) and by `appliance` (for the API). Reads through `installer` what the machine is, and changes nothing.
"""

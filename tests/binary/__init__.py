"""The frozen file as a user gets it. `make binary` builds it; marker `full`."""

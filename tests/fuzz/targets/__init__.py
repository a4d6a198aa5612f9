"""The ways in, one a file; each makes its `TARGET`."""

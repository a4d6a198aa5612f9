"""Tests of what the intent engine learns."""

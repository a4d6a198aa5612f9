"""Puts the one file on a machine: probe (facts) > tune (facts to numbers) > plan (steps, dry run) > apply.

Called by `app.cli` alone; imports nothing of `app` but `settings` and what it refuses with, `model.errors`, so that it
runs before anything is set up.
"""

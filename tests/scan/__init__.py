"""Scanners over the tree: bandit, semgrep with the rules of this house, detect-secrets; `python -m tests.scan`."""

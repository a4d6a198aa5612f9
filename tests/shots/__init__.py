"""Every screen of the product, by one table: drawn by `make shots`, measured by `tests/shots/test_*.py`.

A new screen is one line in `screens/`, and its drawings and its proofs come by themselves.
"""

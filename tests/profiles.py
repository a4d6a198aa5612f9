"""Hypothesis' profiles: `default` for every run, `full` for `make test-all`, `soak` for `make soak`.

No deadline in any, because a loaded machine must not decide a test. The first two try the same examples every time, so
that a change is judged by what it changed; `soak` looks for new ones and prints a failure's seed.
"""

from hypothesis import HealthCheck, settings

_SHARED = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("default", _SHARED, max_examples=50, stateful_step_count=30, derandomize=True, database=None)
settings.register_profile("full", _SHARED, max_examples=500, stateful_step_count=50, derandomize=True, database=None)
settings.register_profile("soak", _SHARED, max_examples=5_000, stateful_step_count=50)
settings.load_profile("default")

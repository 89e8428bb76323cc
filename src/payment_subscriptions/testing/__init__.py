"""For the tests of projects that use this package: a test case and pytest fixtures with the simulators, a
browser without JavaScript, and the contract of a gateway."""

try:
    import pytest
except ImportError:  # Django's own runner is enough for the test case
    pass
else:
    # The contract's asserts say what differs, as those of a project's own tests do.
    pytest.register_assert_rewrite("payment_subscriptions.testing.contract")

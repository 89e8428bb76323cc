"""For the tests of projects that use this package: pytest fixtures, and the contract of a gateway."""

import pytest

# Its asserts say what differs, as those of a project's own tests do.
pytest.register_assert_rewrite("payment_subscriptions.testing.contract")

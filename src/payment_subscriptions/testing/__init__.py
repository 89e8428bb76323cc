"""For the tests of projects that use this package: pytest fixtures."""

"""Web processes and workers as a site runs them, on PostgreSQL, while the workers are killed."""

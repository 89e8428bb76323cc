"""``make bench``: what it costs, as ratios within one run on PostgreSQL. One benchmark a module."""

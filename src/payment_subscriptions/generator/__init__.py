"""``payment-subscriptions new``: a whole project from three answers, or the app added to one that exists.

The files that it makes stand in ``files/``; Django's template engine fills them in. It is there already, has
the conditions that a feature needs, and lets a tag stand in a comment of the file's own language, so that
each ``*.py-tpl`` is Python that ruff reads.
"""

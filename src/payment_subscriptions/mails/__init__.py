"""Mails to payers: handlers of events, by Django's e-mail. Nobody is mailed unless ``MAILS`` says so.

``letters.py`` says what is in each, ``rendering.py`` makes subject, text and HTML of templates that a project
overrides, ``sending.py`` sends. See docs/mails.md.
"""

from .kinds import KINDS, Kind, is_on

__all__ = ["KINDS", "Kind", "is_on"]

"""System checks: settings that are missing or contradict each other, each with what to do.

Checks do not run under a web server: what they call an error is refused at use as well, by
whoever reads the setting.
"""

from .callbacks import check_callbacks
from .configuration import check_settings
from .mails import check_mails

__all__ = ["check_callbacks", "check_mails", "check_settings"]

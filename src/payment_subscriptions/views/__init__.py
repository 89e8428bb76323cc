"""Thin views: read the request, call the core, say what is true."""

from .notice import notice

__all__ = ["notice"]

"""Advisor: which open-weight language models may be used, can run and should be preferred."""

__version__ = "0.1.0"

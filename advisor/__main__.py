"""`python -m advisor`."""

from advisor.cli.start import entry

entry()

"""`python -m advisor`."""

from advisor.cli.main import entry

entry()

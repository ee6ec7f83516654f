"""Engines that run a model: in a child process, as a server of our own, or behind an address."""

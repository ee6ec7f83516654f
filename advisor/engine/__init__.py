"""Engines that run a model, or plan its memory: in a child process, as a server of our own, behind an address."""

"""The pages under `docs/`: what they compute, what they quote, what they promise."""

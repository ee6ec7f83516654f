"""From a name to verified bytes: the hub, the lock, verification, bundles (docs/networks.md)."""

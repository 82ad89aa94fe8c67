"""Dataset versions as complete, read-only folders."""

"""The ``gradient`` command."""

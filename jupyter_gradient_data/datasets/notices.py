"""Notices of changes, as the modules here write them: `note` in the transaction that makes the change.

Where one transaction changes several things, versions and tags are noted before their dataset: rows that are always
locked in one order cannot make two transactions wait for each other.
"""

from __future__ import annotations

from jupyter_gradient_data.stores.notices import note, note_files

__all__ = ["note", "note_files"]

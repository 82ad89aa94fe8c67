"""Alembic migrations of the metadata database; run by `Database` itself, never by hand."""

"""Alembic's entry point: uses the connection and transaction of whoever called `run.upgrade`."""

from alembic import context

from jupyter_gradient_data.stores.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place
)
context.run_migrations()

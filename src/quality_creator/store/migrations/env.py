"""Alembic's way in: runs the steps on the connection that `migrations.upgrade` lends."""

from alembic import context

from quality_creator.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

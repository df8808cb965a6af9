"""Run migrations on the connection that `store.schema` hands over."""

from alembic import context

from boekbrug.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()

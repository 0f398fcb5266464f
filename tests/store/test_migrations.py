"""The migrations and the schema say the same, on both databases."""

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from desk.store import migrate, schema


def test_migrating_from_nothing_gives_the_schema(url: str) -> None:
    """Alembic finds no difference between the migrated database and the tables in code."""
    engine = create_engine(url)
    with engine.connect() as connection:
        # SQLite spells the empty default '' and "''", which alembic takes for a difference
        context = MigrationContext.configure(connection, opts={
            "compare_type": True, "compare_server_default": connection.dialect.name == "postgresql"})
        assert [] == compare_metadata(context, schema.metadata)
    engine.dispose()


def test_an_empty_database_is_not_current_and_a_migrated_one_is(empty_url: str) -> None:
    """Readiness can tell the difference."""
    assert not migrate.is_current(empty_url)
    migrate.upgrade(empty_url)
    assert migrate.is_current(empty_url)


def test_processes_that_migrate_at_once_do_not_collide(empty_url: str) -> None:
    """N processes start together: one migrates, the others find it done."""
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(migrate.upgrade, [empty_url] * 3))
    engine = create_engine(empty_url)
    assert set(schema.metadata.tables) < set(inspect(engine).get_table_names())
    engine.dispose()

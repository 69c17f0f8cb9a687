"""From the schema of an older store to the present one, by Alembic.

``versions/schema_N.py`` holds the step from schema N - 1 to schema N; its revision is ``"N"``. The number
that counts is ``schema_version`` among the store's own facts: older versions of Batchwright look there, and
refuse.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from batchwright.study.stores.schema import facts


def migrate(connection: sa.Connection, version: int) -> None:
    """Take the store from schema ``version`` to the present one, inside the caller's transaction.

    Args:
        connection: in a transaction that holds the write lock.
        version: the schema it has; 0 is an empty database.
    """
    # Alembic takes a tenth of a second to import, and only an old store needs it.
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(__file__).parent))
    steps = list(scripts.iterate_revisions("head", str(version) if version else "base"))
    with Operations.context(MigrationContext.configure(connection)):
        for step in reversed(steps):
            step.module.upgrade()
            connection.execute(facts.delete().where(facts.c.key == "schema_version"))
            connection.execute(facts.insert().values(key="schema_version", value=step.revision))

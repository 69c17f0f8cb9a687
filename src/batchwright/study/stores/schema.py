"""The tables of a store that is an SQL database, in their present form; older ones are migrated to it."""

from __future__ import annotations

import sqlalchemy as sa

SCHEMA_VERSION = 2
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""An integer of 64 bits, which SQLite's own is; a seed may need them."""

metadata = sa.MetaData()
facts = sa.Table(
    "batchwright",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
"""``schema_version``, in which every version of Batchwright looks first."""

# Long texts come last: SQLite reads a row from its beginning, and a list must not wade through them.
studies = sa.Table(
    "studies",
    metadata,
    sa.Column("study_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("name", sa.String),
    sa.Column("task", sa.String, nullable=False),
    sa.Column("fingerprint", sa.String),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("action", sa.Text),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("created", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("result", sa.Text),
)
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("study_id", sa.String, sa.ForeignKey("studies.study_id"), primary_key=True),
    sa.Column("run_key", sa.String, primary_key=True),
    sa.Column("identity", sa.String),
    sa.Column("batch_size", _WHOLE, nullable=False),
    sa.Column("lr", sa.Float, nullable=False),
    sa.Column("rate_index", _WHOLE),
    sa.Column("seed", _WHOLE, nullable=False),
    sa.Column("seed_index", _WHOLE),
    sa.Column("purpose", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("steps_to_target", sa.Float),
    sa.Column("updates", _WHOLE, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("created", sa.String, nullable=False),
    sa.Column("former_key", sa.String),
    sa.Column("result", sa.Text, nullable=False),
    sa.Index("runs_by_identity", "identity"),
)
"""``former_key``: what a run's key was in schema 1; the trials of a stored answer of that time name it so."""
measurements = sa.Table(
    "measurements",
    metadata,
    sa.Column("study_id", sa.String, sa.ForeignKey("studies.study_id"), primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


def missing_columns(table: str, there: set[str]) -> list[str]:
    """What a table of the schema lacks: ``table.column`` each, or ``table`` where there are no columns at all."""
    lacking = [f"{table}.{c.name}" for c in metadata.tables[table].c if c.name not in there]
    return lacking if there else [table]

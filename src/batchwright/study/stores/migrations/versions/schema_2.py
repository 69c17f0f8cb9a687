"""Schema 2: runs get a place in their study and an identity across studies; a study keeps what was asked.

Everything that schema 1 held is kept: a run's former key in ``former_key``, a study's command line as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from batchwright.study.stores import first_schema

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Both tables are written anew, so that long texts stand last in a row."""
    connection = op.get_bind()
    studies, runs = _new_studies(), _new_runs()
    specs: dict[str, str] = {}
    for row in connection.execute(sa.text("SELECT * FROM studies")).mappings():
        specs[row["study_id"]] = row["spec"]
        request = first_schema.request_json(row["command"])
        connection.execute(studies.insert().values(**row, kind="study", request=request))
    taken: set[tuple[str, str]] = set()
    for row in connection.execute(sa.text("SELECT * FROM runs ORDER BY updates DESC")).mappings():
        connection.execute(runs.insert().values(**_placed(row, specs.get(row["study_id"], ""), taken)))
    for table in ("studies", "runs"):
        op.drop_table(table)
        op.rename_table(f"{table}_2", table)
    op.create_index("runs_by_identity", "runs", ["identity"])


def _placed(row: Mapping[Any, Any], study_spec: str, taken: set[tuple[str, str]]) -> dict[str, Any]:
    """A run with its new key. Where two runs claim one place, the one that went furthest has it."""
    new = {**row, "former_key": row["run_key"], "identity": first_schema.run_identity(row["result"])}
    place = first_schema.place(study_spec, row["lr"], row["purpose"], row["seed"])
    if place is not None:
        rate_index, seed_index = place
        key = f"{row['batch_size']}/{rate_index:+d}/{row['purpose']}/{seed_index}"
        if (row["study_id"], key) not in taken:
            taken.add((row["study_id"], key))
            new |= {"run_key": key, "rate_index": rate_index, "seed_index": seed_index}
    return new


def _new_studies() -> sa.Table:
    return op.create_table(
        "studies_2",
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


def _new_runs() -> sa.Table:
    return op.create_table(
        "runs_2",
        sa.Column("study_id", sa.String, sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("run_key", sa.String, primary_key=True),
        sa.Column("identity", sa.String),
        sa.Column("batch_size", sa.Integer, nullable=False),
        sa.Column("lr", sa.Float, nullable=False),
        sa.Column("rate_index", sa.Integer),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("seed_index", sa.Integer),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("steps_to_target", sa.Float),
        sa.Column("updates", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("former_key", sa.String),
        sa.Column("result", sa.Text, nullable=False),
    )

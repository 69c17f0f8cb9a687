"""Schema 1: studies, their runs by a hash of the run's spec, and measurements by name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "batchwright",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    op.create_table(
        "studies",
        sa.Column("study_id", sa.String, primary_key=True),
        sa.Column("name", sa.String),
        sa.Column("task", sa.String, nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("result", sa.Text),
    )
    op.create_table(
        "runs",
        sa.Column("study_id", sa.String, sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("run_key", sa.String, primary_key=True),
        sa.Column("batch_size", sa.Integer, nullable=False),
        sa.Column("lr", sa.Float, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("steps_to_target", sa.Float),
        sa.Column("updates", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
    )
    op.create_table(
        "measurements",
        sa.Column("study_id", sa.String, sa.ForeignKey("studies.study_id"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )

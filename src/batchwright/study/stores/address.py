"""The address of a store on a server: told from a path, and shown without its password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batchwright.core.errors import StoreError, one_line, shown

if TYPE_CHECKING:
    import sqlalchemy as sa

HIDDEN = "***"
"""What stands in the place of a password."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PASSWORD = re.compile(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://[^:/@\s]*:)(?P<password>.*)(?=@)", re.DOTALL)
_IN_QUERY = re.compile(r"(?P<before>[?&;](?:ssl)?password=)(?P<password>[^&;]*)", re.IGNORECASE)
_DIALECTS = ("postgresql", "postgres", "postgresql+psycopg")


def is_address(location: object) -> bool:
    """Whether a store's location names a server rather than a file.

    >>> is_address("postgresql://host/runs"), is_address("runs/studies.sqlite"), is_address("C:/runs")
    (True, False, False)
    """
    return isinstance(location, str) and _ADDRESS.match(location) is not None


def masked(location: str) -> str:
    """The location as it may be shown: without its password.

    >>> masked("postgresql+psycopg://me:secret@host/runs?sslpassword=x")
    'postgresql+psycopg://me:***@host/runs?sslpassword=***'
    >>> masked("postgresql://me@host/runs"), masked("a:b@c.sqlite")
    ('postgresql://me@host/runs', 'a:b@c.sqlite')
    """
    if not is_address(location):
        return location
    for pattern in (_PASSWORD, _IN_QUERY):
        location = pattern.sub(rf"\g<before>{HIDDEN}", location)
    return location


def server_url(location: str) -> sa.URL:
    """The address as SQLAlchemy takes it, with the one driver that is supported.

    Raises:
        StoreError: it is no address of a PostgreSQL database, or one that was copied from where its password
            is hidden.
    """
    import sqlalchemy as sa

    where = shown(masked(location))
    scheme = location.partition("://")[0]
    if scheme.lower() not in _DIALECTS:
        raise StoreError(
            f"a store must be a file, a folder or postgresql+psycopg://USER@HOST/DATABASE, got {where}"
        )
    try:
        url = sa.make_url(location)
    except (sa.exc.ArgumentError, ValueError) as error:
        why = without(_password(location), one_line(error))
        raise StoreError(
            f"a store's address must read postgresql+psycopg://USER@HOST:PORT/DATABASE, got {where} ({why})"
        ) from None
    if url.password == HIDDEN:
        raise StoreError(
            f"the password of {where} is hidden: give it, or leave it out and set PGPASSWORD or ~/.pgpass"
        )
    return url.set(drivername="postgresql+psycopg")


def without(password: str | None, text: str) -> str:
    """A message of the driver's without the password, should it repeat it.

    >>> without("secret", "no user 'secret'"), without(None, "no user")
    ("no user '***'", 'no user')
    """
    return text.replace(password, HIDDEN) if password and password != HIDDEN else text


def _password(location: str) -> str | None:
    found = _PASSWORD.match(location)
    return found["password"] if found else None

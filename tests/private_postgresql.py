"""A PostgreSQL server of one's own, in a temporary folder, for tests and benchmarks: started, restarted, stopped."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

USER, PASSWORD = "driver", "not-for-printing"
MISSING = "no PostgreSQL server to start: install the package `postgresql`"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
}


def installed():
    """The folder of the server's programs, or None."""
    found = shutil.which("initdb")
    homes = [Path(found).resolve().parent] if found else []
    homes += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((home for home in homes if (home / "pg_ctl").exists()), None)


class PrivateServer:
    """A running server; ``address`` of a fresh schema is a store that nobody else uses."""

    def __init__(self):
        self._programs = installed()
        self._folder = Path(tempfile.mkdtemp(prefix="batchwright-pg-", dir="/tmp"))
        self._data = self._folder / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        words = self._folder / "password"
        words.write_text(PASSWORD)
        self._user = {}
        if os.geteuid() == 0:  # the server refuses to be run by root
            shutil.chown(self._folder, "postgres", "postgres")
            shutil.chown(words, "postgres", "postgres")
            self._user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        try:
            self._run(
                "initdb", "-D", self._data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={words}", "-E", "UTF8",
                "--locale=C", "--no-sync",
            )  # fmt: skip
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        settings = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
        self._run(
            "pg_ctl",
            "-D",
            self._data,
            "-w",
            "-o",
            f"-p {self.port} {settings}",
            "-l",
            self._folder / "log",
            "start",
        )

    def stop(self, mode="immediate"):
        self._run("pg_ctl", "-D", self._data, "-w", "-m", mode, "stop")

    def close(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def address(self, schema="public", *, password=PASSWORD):
        given = f":{password}" if password else ""
        where = f"postgresql+psycopg://{USER}{given}@127.0.0.1:{self.port}/postgres"
        return f"{where}?options=-csearch_path%3D{schema}"

    def fresh(self):
        """The address of a schema that is empty."""
        schema = f"s{uuid.uuid4().hex[:12]}"
        self.sql(f"create schema {schema}")
        return self.address(schema)

    def sql(self, *statements, address=None):
        """Run statements as they stand; the rows of the last one."""
        import psycopg

        where = (address or self.address()).replace("+psycopg", "")
        with psycopg.connect(where, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _run(self, program, *words):
        line = [str(self._programs / program), *map(str, words)]
        subprocess.run(
            line, check=True, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, **self._user,
        )  # fmt: skip

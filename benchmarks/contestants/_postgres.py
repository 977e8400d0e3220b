"""A PostgreSQL server that lives as long as a block of code."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

_USER = "postgres"
"""Who runs the server when this process is root, which the server refuses to be."""
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "2GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "effective_cache_size": "8GB",
    "random_page_cost": "1.0",
    "jit": "off",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "autovacuum": "off",
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "min_parallel_table_scan_size": "0",
    "min_parallel_index_scan_size": "0",
}
_SAMPLING_S = 0.25
_KB_PER_MB = 1024.0


class ServerError(Exception):
    """A program of the server is missing or complains: its name, and what it said."""


class Cluster:
    """A server in a temporary folder, reached through a socket there; the folder is removed in the end."""

    def __init__(self, *, workers: int) -> None:
        self.peak_mb = 0.0
        self._workers = str(workers)
        self._stopped = threading.Event()
        self._watching: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Make the cluster and start its server."""
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, _USER)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C", "--no-sync")
        workers = {
            "max_worker_processes": "16",
            "max_parallel_workers": self._workers,
            "max_parallel_workers_per_gather": self._workers,
            "max_parallel_maintenance_workers": self._workers,
            "unix_socket_directories": str(self.folder),
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in (SETTINGS | workers).items())
        self._run("pg_ctl", "-D", data, "-w", "-l", str(self.folder / "log"), "-o", options, "start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server at once and remove its folder."""
        self._stopped.set()
        if self._watching:
            self._watching.join()
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Open a connection that commits every statement."""
        return psycopg.connect(f"host={self.folder} user=bench dbname=postgres", autocommit=True)

    def watch_memory(self) -> None:
        """Note the peak of what all processes of the server hold together; shared pages count once."""
        server = self._server()

        def look() -> None:
            while not self._stopped.wait(_SAMPLING_S):
                self.peak_mb = max(self.peak_mb, sum(_held_mb(pid) for pid in (server, *_children(server))))

        self._watching = threading.Thread(target=look, daemon=True)
        self._watching.start()

    def cpu_s(self) -> float:
        """Processor time of all processes of the server so far, those that have ended included."""
        server = self._server()
        ticks = sum(_ticks(server)[2:]) + sum(sum(_ticks(pid)[:2]) for pid in _children(server))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _server(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(_programs() / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", _USER, "--", *command]
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ServerError(program, done.stderr or done.stdout)


def _programs() -> Path:
    """Where the server's programs are: on the path, or where Debian puts them, the newest first."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not folders:
        raise ServerError("initdb", "install PostgreSQL with PostGIS, or put its programs on the path")
    return folders[-1]


def _ticks(pid: int) -> list[int]:
    """Processor time of a process: user and system, its own and that of the children it has seen end."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [int(field) for field in fields[11:15]]


def _children(server: int) -> list[int]:
    """Processes whose parent is the server."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue  # it has ended meanwhile
        if parent == server:
            found.append(int(status.parent.name))
    return found


def _held_mb(pid: int) -> float:
    """Proportional set size of a process, MB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0.0) / _KB_PER_MB

"""What can happen to Postgres: stopped and started, killed, its connections cut."""

import os
import signal

import psycopg

from storage.embedded import embedded_status, start_embedded, stop_embedded
from storage.embedded.account import server_account
from storage.embedded.binaries import binaries, run_binary
from storage.embedded.places import find_place
from tests.crashes.faults.base import Fault
from tests.crashes.stage import Stage

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'evalflows_app'"


def stop_fast(stage: Stage, run_pid: int) -> None:
    """Stop the server: connections end, what is under way is rolled back."""
    stop_embedded(stage.settings)


def stop_immediately(stage: Stage, run_pid: int) -> None:
    """Stop the server as a crash would: it recovers from its log at the next start."""
    place = find_place(stage.settings.home)
    account = server_account(place.data)
    pg_ctl = binaries(place, account) / "pg_ctl"
    run_binary(account, [pg_ctl, "stop", "-D", ".", "-W", "-m", "immediate"], place.data)


def start(stage: Stage) -> None:
    """What an operator does after a stop."""
    start_embedded(stage.settings)


def kill_postmaster(stage: Stage, run_pid: int) -> None:
    """SIGKILL the server's first process; the others follow it."""
    server = embedded_status(stage.settings)
    if server is not None:
        os.kill(server.pid, signal.SIGKILL)


def cut_connections(stage: Stage, run_pid: int) -> None:
    """End every connection of the application, as a pooler or a network does."""
    server = start_embedded(stage.settings)
    with psycopg.connect(host=str(server.socket_folder), user="postgres", dbname="evalflows") as connection:
        connection.execute(CUT)


FAULTS = (
    Fault("Postgres stopped (fast)", stop_fast, start),
    Fault("Postgres stopped (immediate)", stop_immediately, start),
    Fault("Postgres killed", kill_postmaster),
    Fault("connections cut", cut_connections),
)

"""The embedded PostgreSQL: as any user, beside stale and foreign files, without opening a folder."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from store.postgres import EmbeddedPostgres, PostgresError, find_running
from store.postgres.place import OPEN_PLACE, Place, read_server
from tests.demo.processes import is_alive, wait_until_gone

ROOT = Path(__file__).parents[2]
FAST = {"fsync": "off", "shared_buffers": "16MB"}
NOBODY = 65534
as_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="this is about being root")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def postgres(data: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data, options=FAST)
    yield server
    server.stop()
    server.remove()


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def rights_above(*paths: Path) -> dict[Path, int]:
    return {p: stat.S_IMODE(p.stat().st_mode) for path in paths for p in [path, *path.parents]}


async def test_database_answers_with_its_settings_when_started(postgres: EmbeddedPostgres) -> None:
    url = postgres.start()

    assert await ask(url, "SHOW fsync") == "off"
    assert await ask(url, "SELECT current_database()") == "overprint"
    assert await ask(url, "SELECT lower('ÄÖ') || to_tsvector('simple', 'ÉTÉ')::text") == "äö'été':1"
    assert await ask(url, "SELECT count(*) FROM pg_available_extensions WHERE name IN ('pg_trgm', 'unaccent')") == 2


async def test_rows_are_there_when_started_again(data: Path, postgres: EmbeddedPostgres) -> None:
    url = postgres.start()
    await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    postgres.stop()
    assert find_running(data) is None

    again = EmbeddedPostgres(data, options=FAST)
    url = again.start()

    try:
        assert await ask(url, "SELECT answer FROM kept") == 42
        assert find_running(data) == again.cluster
    finally:
        again.stop()


def test_no_folder_changes_its_rights_when_started(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    server = EmbeddedPostgres(home / "clone" / ".data", options=FAST)
    before = rights_above(home, Path(sys.executable).parent, Path(asyncpg.__file__).parent, OPEN_PLACE)

    server.start()
    server.stop()

    try:
        assert rights_above(*before) == before
        assert stat.S_IMODE(server.cluster.stat().st_mode) == 0o700
    finally:
        server.remove()


@as_root
def test_binaries_are_copied_once_when_root_starts_two_clusters(tmp_path: Path) -> None:
    first, second = (EmbeddedPostgres(tmp_path / name, options=FAST) for name in ("a", "b"))
    first.start()
    program = Path(f"/proc/{first.process.pid}/exe").resolve() if first.process else None
    second.start()
    other = Path(f"/proc/{second.process.pid}/exe").resolve() if second.process else None

    try:
        assert program == other
        assert first.cluster != second.cluster
        assert first.cluster.stat().st_uid == NOBODY
    finally:
        for server in (first, second):
            server.stop()
            server.remove()


@as_root
def test_cluster_of_a_deleted_data_folder_is_forgotten_when_root_starts_again(
    data: Path, postgres: EmbeddedPostgres
) -> None:
    asyncio.run(ask(postgres.start(), "CREATE TABLE old (x int)"))
    postgres.stop()
    shutil.rmtree(data)

    url = postgres.start()

    assert asyncio.run(ask(url, "SELECT to_regclass('old')")) is None


@as_root
def test_folder_is_refused_when_somebody_else_can_write_it(tmp_path: Path) -> None:
    place = Place(tmp_path / "data", tmp_path)
    foreign = place.cluster.parent
    foreign.mkdir()
    os.chown(foreign, NOBODY, -1)

    with pytest.raises(PostgresError, match="is not ours alone"):
        EmbeddedPostgres(tmp_path / "data", open_place=tmp_path).start()


def test_server_runs_in_its_data_folder_when_started_by_a_normal_user(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from store.postgres import EmbeddedPostgres as E\n"
        "e = E(Path(sys.argv[1]), options={'fsync': 'off'}); print(e.start()); print(e.cluster); e.stop()"
    )
    mine = OPEN_PLACE / f"overprint-test-{os.getpid()}"
    mine.mkdir()
    command = [sys.executable, "-c", script, str(mine / "data")]
    if os.geteuid() == 0:  # another user, who may read our Python all the same
        caps = ["--ambient-caps=+dac_read_search", "--inh-caps=+dac_read_search"]
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *caps, *command]
        os.chown(mine, NOBODY, NOBODY)

    try:
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        url, cluster = ran.stdout.split()
        assert Path(cluster) == mine / "data" / "postgres"
        assert url.endswith(f"?host={mine}/data/postgres")
    finally:
        shutil.rmtree(mine)


def test_stale_pid_file_is_no_obstacle_when_its_process_is_gone(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()
    assert (postgres.cluster / "postmaster.pid").exists()
    postgres.stop()

    url = postgres.start()

    assert asyncio.run(ask(url, "SELECT 1")) == 1


def test_stale_pid_file_is_no_obstacle_when_its_number_is_another_program_s(
    postgres: EmbeddedPostgres,
) -> None:
    postgres.start()
    text = (postgres.cluster / "postmaster.pid").read_text().splitlines()
    postgres.stop()
    # a process of the server's own user: PostgreSQL itself refuses to start beside this
    user = postgres.cluster.stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=user, extra_groups=[]) as other:
        (postgres.cluster / "postmaster.pid").write_text("\n".join([str(other.pid), *text[1:]]) + "\n")
        os.chown(postgres.cluster / "postmaster.pid", user, -1)

        try:
            assert asyncio.run(ask(postgres.start(), "SELECT 1")) == 1
        finally:
            other.kill()


def test_second_server_is_refused_with_what_to_do_when_one_runs(data: Path, postgres: EmbeddedPostgres) -> None:
    postgres.start()
    server = read_server(postgres.cluster)
    assert server is not None

    with pytest.raises(PostgresError, match=rf"process {server[0]}\).*kill -INT {server[0]}"):
        EmbeddedPostgres(data, options=FAST).start()
    with pytest.raises(PostgresError, match="still runs"):
        Place(data, OPEN_PLACE).remove()

    assert asyncio.run(ask(f"postgresql://overprint@/overprint?host={postgres.cluster}", "SELECT 1")) == 1


def test_cluster_is_refused_when_another_version_made_it(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    postgres.stop()
    (postgres.cluster / "PG_VERSION").write_text("17\n")

    with pytest.raises(PostgresError, match=r"is of PostgreSQL 17.*RESET=1"):
        postgres.start()


def test_cluster_is_made_anew_when_an_earlier_attempt_broke_off(postgres: EmbeddedPostgres) -> None:
    place = Place(postgres.data, OPEN_PLACE)
    place.prepare()
    half = place.new_folder()
    (half / "PG_VERSION").write_text("18\n")

    url = postgres.start()

    assert asyncio.run(ask(url, "SELECT 1")) == 1
    shutil.rmtree(half)


def test_reason_is_in_the_message_when_the_server_does_not_start(data: Path) -> None:
    server = EmbeddedPostgres(data, options={**FAST, "shared_buffers": "nonsense"})

    try:
        with pytest.raises(PostgresError, match="shared_buffers"):
            server.start()
        assert server.process is None
    finally:
        server.remove()


def test_socket_moves_to_a_short_path_when_the_folder_s_is_too_long() -> None:
    deep = OPEN_PLACE / f"overprint-{'x' * 90}"
    deep.mkdir(exist_ok=True)
    server = EmbeddedPostgres(deep / "data", options=FAST, open_place=deep)

    try:
        url = server.start()
        assert "xxx" not in url
        assert asyncio.run(ask(url, "SELECT 1")) == 1
    finally:
        server.stop()
        server.remove()
        shutil.rmtree(deep)
    assert not Path(url.partition("host=")[2]).exists()


async def test_password_is_needed_when_listening_on_tcp(data: Path) -> None:
    server = EmbeddedPostgres(data, options=FAST, tcp=True)

    try:
        url = server.start()
        assert "@127.0.0.1:" in url
        assert await ask(url, "SELECT 1") == 1
        port = url.rpartition(":")[2]
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(f"postgresql://overprint:guess@127.0.0.1:{port}", "SELECT 1")
    finally:
        server.stop()
        server.remove()


async def test_open_connections_do_not_hold_the_stop_up_when_stopped(postgres: EmbeddedPostgres) -> None:
    url = postgres.start()
    assert postgres.process is not None
    pid = postgres.process.pid
    connection = await asyncpg.connect(url)

    postgres.stop()

    assert not is_alive(pid)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1")
    assert "database system is shut down" in postgres.log.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_is_left_when_the_starter_is_killed(data: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from store.postgres import EmbeddedPostgres as E\n"
        "e = E(Path(sys.argv[1]), options={'fsync': 'off'}); e.start()\n"
        "print(e.process.pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(data)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert is_alive(pid)

        starter.send_signal(signal.SIGKILL)
        starter.wait()

        wait_until_gone(pid)
    EmbeddedPostgres(data).remove()

"""The file that says how far the database had come, written by all hands of a daemon."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from boekbrug.runtime import heartbeat


def test_threads_that_write_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()

    def write(thread: int) -> None:
        for n in range(200):
            heartbeat.write(state, 1000 * thread + n)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(1, 9)))
    assert heartbeat.read(state) % 1000 < 200
    assert [file.name for file in state.iterdir()] == [heartbeat.NAME]

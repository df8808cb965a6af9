import datetime as dt

import pytest

from boekbrug.runtime.clock import Deadline, SystemClock


def test_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == dt.timedelta(0)


def test_deadline_counts_down_and_then_raises() -> None:
    moments = iter([100.0, 103.0, 109.5, 110.0])
    deadline = Deadline(10, monotonic=lambda: next(moments))
    assert [deadline.remaining(), deadline.remaining()] == [7.0, 0.5]
    with pytest.raises(TimeoutError):
        deadline.remaining()

"""The network between a plugin and its outside system: it loses calls and replies, and answers what nobody asked."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from boekbrug.contract import Http, HttpResponse, NotReachable, OutcomeUnknown, Retriable
from boekbrug.runtime.http import Answer
from boekbrug.testing.world.faults import Fault
from boekbrug.testing.world.outside import MOVED, PERIOD_CLOSED, World

_PAGE = b"<html><head><title>Service Unavailable</title></head><body>Try again later.</body></html>"
_STATUSES = (500, 502, 503, 504)
Send = Callable[[], HttpResponse]
Half = Callable[[bytes], bytes | None]


class Call(NamedTuple):
    """A call on its way: what sends it, and what sends the first half of its records, where it has several."""

    world: World
    send: Send
    send_half: Send | None


class Network:
    """The http port of a plugin in a world in which every accident can happen to every call."""

    def __init__(self, inner: Http, world: World, half: Half) -> None:
        self._inner, self._world, self._half = inner, world, half

    def request(
        self,
        method: str,
        url: str,
        *,
        creates: bool = False,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        json: object = None,
    ) -> HttpResponse:
        """Send one request, unless or although an accident happens."""

        def send(body: bytes | None = data) -> HttpResponse:
            return self._inner.request(
                method, url, creates=creates, params=params, headers=headers, data=body, json=json
            )

        world = self._world
        world.perils.call()
        if creates and world.is_closed:
            world.hit(PERIOD_CLOSED)
        if world.is_moved:
            world.hit(MOVED)
            if world.answers_404:
                return Answer(404, {}, b"")
            raise NotReachable(reason="the books have moved")
        if world.chance.storms():
            return _busy(Call(world, send, None))
        half = self._half(data) if creates and data else None
        call = Call(world, send, None if half is None else lambda: send(half))
        answer = CREATING[_accident(call)](call) if creates else READING[_hindrance(world)](call)
        world.perils.call()
        return answer


def _accident(call: Call) -> Fault | None:
    kinds = [fault for fault in CREATING if fault is not None]
    return call.world.chance.accident([one for one in kinds if one is not Fault.HALF_BATCH or call.send_half])


def _hindrance(world: World) -> Fault | None:
    """Say what goes wrong with a call that reads; a step makes many of them."""
    kinds = [fault for fault in READING if fault is not None]
    return next((fault for fault in kinds if world.chance.draw(fault, world.chance.rate / 6 / len(kinds))), None)


def _sent(call: Call) -> HttpResponse:
    return call.send()


def _not_sent(_call: Call) -> HttpResponse:
    raise NotReachable(reason="no connection")


def _busy(call: Call) -> HttpResponse:
    seconds = str(int(call.world.retry_after().total_seconds()))
    return Answer(429, {"Retry-After": seconds}, b"")


def _lost_reply(call: Call) -> HttpResponse:
    call.send()
    raise OutcomeUnknown(reason="the connection was closed")


def _late_commit(call: Call) -> HttpResponse:
    call.world.under_way.append((call.world.later(), call.send))
    raise OutcomeUnknown(reason="the deadline has passed")


def _lost_call(_call: Call) -> HttpResponse:
    raise OutcomeUnknown(reason="the connection was closed")


def _half_batch(call: Call) -> HttpResponse:
    assert call.send_half is not None, "only a call with several records is halved"
    call.send_half()
    raise OutcomeUnknown(reason="the connection was closed")


def _server_error(call: Call) -> HttpResponse:
    return _failed(call, _PAGE)


def _bare_error(call: Call) -> HttpResponse:
    return _failed(call, b"")


def _failed(call: Call, body: bytes) -> HttpResponse:
    """Answer 5xx, of which nobody can know whether the call had its effect before."""
    if call.world.commits_before_it_fails():
        call.send()
    return _read_nothing(call, body)


def _garbage(call: Call) -> HttpResponse:
    answer = call.send()
    return Answer(answer.status_code, answer.headers, b'{"d": ' + answer.content[: len(answer.content) // 2])


def _unauthorised(_call: Call) -> HttpResponse:
    return Answer(401, {}, b"")


def _read_and_lost(call: Call) -> HttpResponse:
    call.send()
    raise Retriable(reason="the connection was closed")


def _read_nothing(call: Call, body: bytes) -> HttpResponse:
    return Answer(call.world.chance.random.choice(_STATUSES), {"Content-Type": "text/html"}, body)


CREATING: dict[Fault | None, Callable[[Call], HttpResponse]] = {
    None: _sent,
    Fault.NOT_SENT: _not_sent,
    Fault.BUSY: _busy,
    Fault.LOST_REPLY: _lost_reply,
    Fault.LATE_COMMIT: _late_commit,
    Fault.LOST_CALL: _lost_call,
    Fault.HALF_BATCH: _half_batch,
    Fault.SERVER_ERROR: _server_error,
    Fault.BARE_ERROR: _bare_error,
    Fault.GARBAGE: _garbage,
    Fault.UNAUTHORISED: _unauthorised,
}
"""What can happen to a call that creates."""
READING: dict[Fault | None, Callable[[Call], HttpResponse]] = {
    None: _sent,
    Fault.NOT_SENT: _not_sent,
    Fault.BUSY: _busy,
    Fault.LOST_REPLY: _read_and_lost,
    Fault.SERVER_ERROR: lambda call: _read_nothing(call, _PAGE),
    Fault.BARE_ERROR: lambda call: _read_nothing(call, b""),
    Fault.GARBAGE: _garbage,
}
"""What can happen to a call that reads."""

"""What is let in, what the pages are told about it, and how answers go out."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, TypeVar

import pytest

from axis_admin import doorstep, environs
from axis_admin.doorstep import Doorstep, Message

Told = TypeVar("Told")
SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/x",
    "raw_path": b"/caf%C3%A9",
    "query_string": b"a=b",
    "headers": [],
    "client": ("127.0.0.1", 1),
    "server": ("127.0.0.1", 80),
    "scheme": "http",
    "http_version": "1.1",
}


def _ran(told: Coroutine[Any, Any, Told]) -> Told:
    """Run it on a loop of its own: a browser's driver leaves one running in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, told).result()


class Caller:
    """Sends these pieces and then nothing, and keeps what it is told."""

    def __init__(self, *pieces: bytes, is_whole: bool = True, takes: bool = True) -> None:
        self.messages: list[Message] = []
        self._pieces, self._is_whole, self._takes = list(pieces), is_whole, takes
        self.is_gone = asyncio.Event()

    async def receive(self) -> Message:
        if self._pieces:
            more = len(self._pieces) > 1 or not self._is_whole
            return {"type": "http.request", "body": self._pieces.pop(0), "more_body": more}
        await self.is_gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self._takes and message.get("more_body"):
            await asyncio.sleep(60)
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.messages[1:])


class Pieces:
    """An answer in pieces, which knows whether it was closed."""

    streaming = True

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.is_closed = False
        self.threads: set[int] = set()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.threads.add(threading.get_ident())
            yield piece

    def close(self) -> None:
        self.is_closed = True


def _answering(answer: Callable[[dict[str, Any]], Any], *, largest: int = 1000) -> Doorstep:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        start("200 OK", [("Content-Type", "text/plain")])
        return answer(environ)

    return Doorstep(application, largest=largest, threads=1)


def _read(environ: dict[str, Any]) -> list[bytes]:
    return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))]


def test_a_body_is_read_to_its_end_and_handed_over() -> None:
    async def told() -> Caller:
        caller = Caller(b"one ", b"two")
        await _answering(_read)(SCOPE, caller.receive, caller.send)
        return caller

    caller = _ran(told())
    assert (caller.status, caller.body) == (200, b"one two")


def test_many_who_send_slowly_have_nobody_wait_and_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough for a machine that is busy, short enough to wait for.
    monkeypatch.setattr(doorstep, "READ_SECONDS", 2)

    async def told() -> tuple[list[Caller], Caller]:
        pages, slow = _answering(_read), [Caller(b"x", is_whole=False) for _ in range(50)]
        waiting = [asyncio.create_task(pages(SCOPE, one.receive, one.send)) for one in slow]
        await asyncio.sleep(0)
        quick = Caller(b"quick")
        await pages(SCOPE, quick.receive, quick.send)
        assert not any(one.done() for one in waiting)
        await asyncio.gather(*waiting)
        return slow, quick

    slow, quick = _ran(told())
    assert quick.body == b"quick"
    assert {one.status for one in slow} == {408}


def test_a_body_that_is_too_large_is_refused_once_it_is_read_away() -> None:
    async def told() -> Caller:
        caller = Caller(b"x" * 600, b"x" * 401, b"x" * 5000)
        await _answering(_read)(SCOPE, caller.receive, caller.send)
        return caller

    caller = _ran(told())
    assert (caller.status, caller._pieces) == (413, [])


def test_large_bodies_share_a_room_that_small_ones_do_not_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorstep, "SMALL", 10)
    monkeypatch.setattr(doorstep, "ROOM", 100)

    async def statuses() -> list[int]:
        pages, holder = _answering(_read), Caller(b"x" * 90, is_whole=False)
        held = asyncio.create_task(pages(SCOPE, holder.receive, holder.send))
        await asyncio.sleep(0.05)
        callers = [Caller(b"x" * 11), Caller(b"x" * 10)]
        for one in callers:
            await pages(SCOPE, one.receive, one.send)
        holder.is_gone.set()
        await held
        assert holder.status == 400
        callers.append(Caller(b"x" * 100))
        await pages(SCOPE, callers[2].receive, callers[2].send)
        return [one.status for one in callers]

    assert _ran(statuses()) == [503, 200, 200]


def test_an_answer_in_pieces_is_made_on_one_thread_and_closed() -> None:
    answer = Pieces(iter([b"a", b"b", b"c"]))

    async def told() -> Caller:
        caller = Caller(b"")
        await _answering(lambda environ: answer)(SCOPE, caller.receive, caller.send)
        return caller

    caller = _ran(told())
    assert (caller.body, len(answer.threads), answer.is_closed) == (b"abc", 1, True)
    assert threading.get_ident() not in answer.threads


@pytest.mark.parametrize("why", ["gone", "slow"])
def test_an_answer_that_nobody_takes_ends(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorstep, "WRITE_SECONDS", 0.2)
    answer = Pieces(b"x" for _ in iter(int, 1))

    async def told() -> None:
        caller = Caller(b"", takes=why == "gone")
        asking = asyncio.create_task(_answering(lambda environ: answer)(SCOPE, caller.receive, caller.send))
        await asyncio.sleep(0.05)
        if why == "gone":
            caller.is_gone.set()
        await asyncio.wait_for(asking, 60)

    _ran(told())
    assert answer.is_closed


@pytest.mark.parametrize("takes", [True, False])
def test_a_file_is_sent_without_a_thread_and_closed(takes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough for a machine that is busy, short enough to wait for.
    monkeypatch.setattr(doorstep, "WRITE_SECONDS", 2)
    file = BytesIO(b"x" * 200_000)

    async def told() -> list[Caller]:
        callers = [Caller(b"", takes=takes), Caller(b"")]
        pages = _answering(lambda environ: environ["wsgi.file_wrapper"](file, 10))
        sending = asyncio.create_task(pages(SCOPE, callers[0].receive, callers[0].send))
        await asyncio.sleep(0.05)
        # With its only thread it answers somebody else meanwhile.
        pages._application = _answering(_read)._application
        await pages(SCOPE, callers[1].receive, callers[1].send)
        assert takes or not sending.done()
        await sending
        return callers

    first, second = _ran(told())
    assert (len(first.body), second.status, file.closed) == (200_000 if takes else 0, 200, True)


def test_what_the_pages_are_told() -> None:
    headers = [
        (b"x-forwarded-for", b"203.0.113.7"),
        (b"x-forwarded-for", b"10.0.0.2"),
        (b"x_forwarded_for", b"198.51.100.1"),
        (b"x-forwarded_proto", b"https"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"content-type", b"text/plain"),
        (b"content-length", b"99"),
    ]
    told = environs.made({**SCOPE, "headers": headers}, b"body")
    assert told["HTTP_X_FORWARDED_FOR"] == "203.0.113.7,10.0.0.2"
    assert "HTTP_X_FORWARDED_PROTO" not in told
    assert (told["HTTP_COOKIE"], told["CONTENT_TYPE"], told["CONTENT_LENGTH"]) == ("a=1; b=2", "text/plain", "4")
    assert told["PATH_INFO"].encode("latin-1").decode() == "/café"
    assert told["wsgi.input"].read() == b"body"

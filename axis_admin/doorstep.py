"""Before the pages: a request is let in once its body is here, so that whoever sends slowly keeps nobody waiting."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from axis_admin import environs
from axis_admin.proxies import Wsgi

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Each may keep a connection to the database.
THREADS = 8
READ_SECONDS = 20.0
# So long somebody may take no piece of an answer that is sent in pieces.
WRITE_SECONDS = 30.0
# Bodies up to this size always have room; all larger ones of a process together have ROOM.
SMALL = 64 * 1024
ROOM = 64 * 1024 * 1024
PIECE = 64 * 1024


class Refused(Exception):
    """Not let in: a status, and a line about it."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


class File:
    """A file that is the answer; WSGI's `file_wrapper`. Unlike other answers any thread can read it."""

    def __init__(self, file: Any, size: int = PIECE) -> None:
        self.read, self.close = file.read, file.close


class Doorstep:
    """An ASGI application that reads bodies without a thread, and then asks a WSGI application on one of a few."""

    def __init__(self, application: Wsgi, *, largest: int, threads: int = THREADS) -> None:
        self._application = application
        self._largest = largest
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pages")
        self._taken = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = bytearray()
        try:
            await self._read(body, receive)
            await self._answer(environs.made(scope, bytes(body)), receive, send)
        except Refused as refused:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": refused.status, "headers": headers})
            await send(_part(f"{refused}\n".encode()))
        except ConnectionError:
            return
        finally:
            self._taken -= _counted(body)

    async def _read(self, body: bytearray, receive: Receive) -> None:
        """Fill `body`. Raises Refused."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                while await self._read_on(body, receive):
                    pass
        except TimeoutError:
            raise Refused(408, "This was sent too slowly.") from None

    async def _read_on(self, body: bytearray, receive: Receive) -> bool:
        piece, is_more = await _piece(receive)
        if len(body) + len(piece) > self._largest:
            await _read_away(receive, is_more)
            raise Refused(413, "This is too large.")
        before = _counted(body)
        body += piece
        self._taken += _counted(body) - before
        if len(body) > SMALL and self._taken > ROOM:
            raise Refused(503, "Too much is being sent at once. Try again in a moment.")
        return is_more

    async def _answer(self, asked: dict[str, Any], receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        gone = loop.create_task(_gone(receive))
        try:
            answering = _Answering(send, loop, gone)
            file = await loop.run_in_executor(self._threads, answering.ask, self._application, asked)
            for message in answering.kept:
                await send(message)
            if file is not None:
                await self._send_file(file, send)
        finally:
            gone.cancel()

    async def _send_file(self, file: File, send: Send) -> None:
        """Whoever takes it slowly has no thread wait, and no memory but for a piece."""
        loop = asyncio.get_running_loop()
        try:
            while piece := await loop.run_in_executor(self._threads, file.read, PIECE):
                await asyncio.wait_for(send(_part(piece, more=True)), WRITE_SECONDS)
            await send(_part(b""))
        except TimeoutError:
            return
        finally:
            await loop.run_in_executor(self._threads, file.close)


class _Answering:
    """One request on a thread. What is ready as a whole is kept for the loop to send."""

    def __init__(self, send: Send, loop: asyncio.AbstractEventLoop, gone: "asyncio.Task[None]") -> None:
        self.kept: list[Message] = []
        self._send, self._loop, self._gone = send, loop, gone

    def ask(self, application: Wsgi, asked: dict[str, Any]) -> File | None:
        """Ask the application; a file is given back, to be sent after what is kept."""
        answer = application({**asked, "wsgi.file_wrapper": File}, self._start)
        if isinstance(answer, File):
            return answer
        try:
            # Django says of its answers whether they come in pieces; those are made on this thread as they are taken.
            if getattr(answer, "streaming", True) and not isinstance(answer, list):
                self._send_pieces(answer)
            else:
                self.kept.append(_part(b"".join(answer)))
        finally:
            if hasattr(answer, "close"):
                answer.close()
        return None

    def _start(self, status: str, headers: list[tuple[str, str]], error: object = None) -> None:
        lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self.kept = [{"type": "http.response.start", "status": int(status[:3]), "headers": lines}]

    def _send_pieces(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            for message in (*self.kept, _part(piece, more=True)):
                self._tell(message)
            self.kept = []
        self.kept.append(_part(b""))

    def _tell(self, message: Message) -> None:
        if self._gone.done():
            raise ConnectionError
        try:
            asyncio.run_coroutine_threadsafe(_sent(self._send, message), self._loop).result(WRITE_SECONDS)
        except TimeoutError:
            raise ConnectionError from None


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """Return the next of a body, and whether there is more."""
    message = await receive()
    # The caller has gone away, or what came is no HTTP.
    if message["type"] == "http.disconnect":
        raise Refused(400, "This was not sent to its end.")
    return message.get("body", b""), bool(message.get("more_body"))


async def _read_away(receive: Receive, is_more: bool) -> None:
    """Unread, what is left of a refused body would end the connection before the answer is seen."""
    while is_more:
        _, is_more = await _piece(receive)


async def _sent(send: Send, message: Message) -> None:
    await send(message)


async def _gone(receive: Receive) -> None:
    """End when the caller has gone away; nothing else comes after a body."""
    await receive()


def _part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _counted(body: bytearray) -> int:
    return len(body) if len(body) > SMALL else 0

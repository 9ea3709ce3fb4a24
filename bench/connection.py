"""One keep-alive connection with at most one request under way."""

import socket
import time

from bench import answers

AT_ONCE = 1 << 18


class Connection:
    """Sends prebuilt bytes and reads the answer, never waiting: a selector says when there is something to do."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.asked_at = 0
        self._unsent = b""
        self._received = b""

    @property
    def is_sending(self) -> bool:
        """Whether a part of the request waits for the socket to take it."""
        return bool(self._unsent)

    def ask(self, request: bytes) -> None:
        """Send as much of the request as the socket takes; `push` sends the rest."""
        self._received, self._unsent = b"", request
        self.asked_at = time.perf_counter_ns()
        self.push()

    def push(self) -> None:
        try:
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
        except BlockingIOError:
            return

    def pull(self) -> answers.Answer | None:
        """Read what has come; the answer once it is whole. Raises ConnectionError where the server has closed."""
        received = self.socket.recv(AT_ONCE)
        if not received:
            raise ConnectionError("The server closed a connection.")
        self._received = self._received + received if self._received else received
        return answers.read(self._received)

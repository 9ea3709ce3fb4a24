"""One connection to the counter store for one thread: read with no layer between, and within its time-out."""

import ctypes
import socket
import ssl
import struct
import time
from typing import Any, cast

import hiredis
import redis

_PIECE = 64 * 1024
# What does not wait needs no other thread to run meanwhile: with each that does, this one has to get its turn back.
_send = ctypes.PyDLL(None).send
_send.argtypes, _send.restype = [ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int], ctypes.c_ssize_t
_AT_ONCE = getattr(socket, "MSG_DONTWAIT", 0) | getattr(socket, "MSG_NOSIGNAL", 0)


class Line:
    """A connection that redis-py opens (address, TLS, password, database), and that is then asked without it."""

    def __init__(self, pool: redis.ConnectionPool, *, timeout: float) -> None:
        self._timeout = timeout
        self._connection = cast(Any, pool.make_connection())
        self._connection.connect()
        self._socket: socket.socket = self._connection._sock
        self._reader = hiredis.Reader()
        # Plain bytes can be left to the system; those of TLS go through the library.
        self._file = -1 if isinstance(self._socket, ssl.SSLSocket) else self._socket.fileno()
        if self._file >= 0:
            _leave_waiting_to_the_kernel(self._socket, timeout)

    def ask(self, *commands: bytes) -> list[Any]:
        """Send packed commands and return their answers in order, errors as hiredis.ReplyError.

        Raises OSError where the store is away or takes too long; the line is of no use then.
        """
        deadline = time.monotonic() + self._timeout
        self._send(commands[0] if len(commands) == 1 else b"".join(commands))
        answers: list[Any] = []
        while len(answers) < len(commands):
            self._read()
            while len(answers) < len(commands) and (answer := self._reader.gets()) is not False:
                answers.append(answer)
            if len(answers) < len(commands) and time.monotonic() > deadline:
                raise TimeoutError("the answer comes too slowly")
        return answers

    def _send(self, data: bytes) -> None:
        sent = _send(self._file, data, len(data), _AT_ONCE) if self._file >= 0 else 0
        if sent != len(data):
            # Whatever went wrong goes wrong once more, and is said.
            self._socket.sendall(data[max(0, sent) :])

    def close(self) -> None:
        self._connection.disconnect()

    def _read(self) -> None:
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise ConnectionError("the counter store hung up")
        self._reader.feed(piece)


def _leave_waiting_to_the_kernel(connected: socket.socket, timeout: float) -> None:
    # Python's own time-out asks the kernel first whether there is something to read, with every call.
    seconds, rest = divmod(timeout, 1)
    within = struct.pack("@ll", int(seconds), int(rest * 1_000_000))
    connected.settimeout(None)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, within)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, within)

"""HTTP over the intake server's unix socket."""

import http.client
import socket


class Connection(http.client.HTTPConnection):
    """For one call: kept for another, it might be found closed when that comes."""

    def __init__(self, path: str, *, timeout: float) -> None:
        super().__init__("intake", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Raises OSError where nobody listens."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self._path)
        except OSError:
            self.close()
            raise


def is_ready(path: str) -> bool:
    """Whether a process of the server answers within a second."""
    connection = Connection(path, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

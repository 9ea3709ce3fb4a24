"""The one file that may be sent to be looked up stays in memory, up to a size; elsewhere none is taken."""

import io
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

LARGEST = 5 * 1024 * 1024


class Refused(FileUploadHandler):
    """Has a form that carries a file answered with 400, before anything of the file is kept."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SuspiciousOperation("No file is taken here.")

    # Every handler has these two; nothing of a refused form reaches them.
    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


class InMemory(FileUploadHandler):
    """Keeps at most LARGEST bytes of a request; of more nothing, and sets `request.is_file_too_large`."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._parts: list[bytes] = []
        # Counted over the request, so that many files have no more room than one.
        self._size = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._parts = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._size += len(raw_data)
        if self._size > LARGEST:
            self._parts.clear()
            if self.request is not None:
                self.request.is_file_too_large = True  # type: ignore[attr-defined]
            raise SkipFile
        self._parts.append(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile | None:
        if self._size > LARGEST:
            return None
        content = io.BytesIO(b"".join(self._parts))
        return InMemoryUploadedFile(
            content, self.field_name, self.file_name or "file", self.content_type or "", file_size, self.charset
        )

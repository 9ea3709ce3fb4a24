"""Files that are sent to this site stay in memory, up to a size, and are never written anywhere."""

import io
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

LARGEST = 5 * 1024 * 1024


class InMemory(FileUploadHandler):
    """Keeps a file of at most LARGEST bytes; of a larger one nothing, and sets `request.is_file_too_large`."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._parts: list[bytes] = []
        self._size = 0

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
            content, self.field_name, self.file_name or "file", self.content_type or "", self._size, self.charset
        )

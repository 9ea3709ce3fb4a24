"""The file of an export as it lies in the database: in chunks, written and read one after another."""

from collections.abc import Iterator

from metering.models import Export, ExportChunk

LONGEST = 256 * 1024


def append(export: Export, data: bytes) -> None:
    """Add bytes to the file; the caller saves `bytes` and `chunks` in the same transaction."""
    pieces = [data[start : start + LONGEST] for start in range(0, len(data), LONGEST)]
    ExportChunk.objects.bulk_create(_chunks(export, pieces))
    export.bytes, export.chunks = export.bytes + len(data), export.chunks + len(pieces)


def read(export: Export, first: int = 0, last: int | None = None) -> Iterator[bytes]:
    """Yield the bytes from `first` to `last`, both included; no more than one chunk is in memory."""
    last = export.bytes - 1 if last is None else last
    chunk = export.pieces.filter(starts__lte=first).order_by("-starts").first()
    while chunk is not None and chunk.starts <= last:
        yield bytes(chunk.data)[max(0, first - chunk.starts) : last + 1 - chunk.starts]
        chunk = export.pieces.filter(seq=chunk.seq + 1).first()


def _chunks(export: Export, pieces: list[bytes]) -> Iterator[ExportChunk]:
    starts = export.bytes
    for seq, piece in enumerate(pieces, start=export.chunks):
        yield ExportChunk(export=export, seq=seq, starts=starts, data=piece)
        starts += len(piece)

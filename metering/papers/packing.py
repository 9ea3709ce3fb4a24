"""A workbook as bytes that are alike for alike contents: without the time at which it was packed."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def packed(book: Workbook) -> bytes:
    """Return the XLSX file."""
    loose, file = BytesIO(), BytesIO()
    # The library's own `save` would write the present time into it.
    ExcelWriter(book, ZipFile(loose, "w")).save()
    with ZipFile(loose) as archive, ZipFile(file, "w", ZIP_DEFLATED) as anew:
        for name in archive.namelist():
            anew.writestr(ZipInfo(name, _FIRST_DAY), archive.read(name), ZIP_DEFLATED)
    return file.getvalue()

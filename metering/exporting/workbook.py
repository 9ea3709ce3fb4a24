"""Excel workbooks of any length, written row after row, that another process can go on with after any batch. Pure.

openpyxl keeps its sheets in files beside it until the book is saved: what a worker that dies leaves behind is lost, and
nothing can be handed out before. Here each batch becomes bytes at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from metering.exporting import cells
from metering.exporting.columns import Column
from metering.exporting.zipping import Archive

# A sheet has no more rows; the first one of each holds the headings.
MOST_ROWS = 1_048_576
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TIMES = "yyyy\\-mm\\-dd hh:mm:ss.000"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="{_TIMES}"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class WorkbookWriter:
    """Sheets of MOST_ROWS rows each, under the same headings."""

    def __init__(self, columns: Sequence[Column], state: dict[str, Any], *, most_rows: int = MOST_ROWS) -> None:
        self._columns, self._most = columns, most_rows
        self.state = state or {"sheets": 0, "rows": 0, "archive": None}
        self._archive = Archive(self.state["archive"])
        self.state["archive"] = self._archive.state

    def begin(self) -> bytes:
        """Return the beginning of the first sheet."""
        return self._open_sheet()

    def write(self, rows: Iterable[Sequence[Any]]) -> bytes:
        """Return some rows; where a sheet is full, they go on in the next one."""
        done: list[bytes] = []
        waiting: list[str] = []
        for row in rows:
            if self.state["rows"] + len(waiting) >= self._most:
                done += [self._written(waiting), self._close_sheet(), self._open_sheet()]
                waiting = []
            waiting.append(_row(row))
        return b"".join([*done, self._written(waiting)])

    def end(self) -> bytes:
        """Return the end of the last sheet, and what makes a book of all of them."""
        last = self._close_sheet()
        frame = [self._archive.part(name, text.encode()) for name, text in self._frame()]
        return b"".join([last, *frame, self._archive.end()])

    def _written(self, rows: list[str]) -> bytes:
        self.state["rows"] += len(rows)
        return self._archive.write("".join(rows).encode())

    def _open_sheet(self) -> bytes:
        self.state["sheets"] += 1
        self.state["rows"] = 1
        opened = self._archive.open(f"xl/worksheets/sheet{self.state['sheets']}.xml")
        return opened + self._archive.write(self._head().encode())

    def _close_sheet(self) -> bytes:
        return self._archive.write(b"</sheetData></worksheet>") + self._archive.close()

    def _head(self) -> str:
        widths = "".join(
            f'<col min="{place}" max="{place}" width="{column.width}" customWidth="1"/>'
            for place, column in enumerate(self._columns, start=1)
        )
        headings = "".join(cells.of_workbook(column.heading).replace("<c ", '<c s="2" ', 1) for column in self._columns)
        return (
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f"<cols>{widths}</cols><sheetData><row>{headings}</row>"
        )

    def _frame(self) -> Iterator[tuple[str, str]]:
        numbers = range(1, self.state["sheets"] + 1)
        sheets = "".join(f'<sheet name="Usage {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        yield (
            "xl/workbook.xml",
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        )
        yield "xl/styles.xml", _XML + _STYLES
        of_sheets = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        yield "xl/_rels/workbook.xml.rels", _relations([*of_sheets, ("styles", "styles", "styles.xml")])
        yield "_rels/.rels", _relations([("book", "officeDocument", "xl/workbook.xml")])
        yield "[Content_Types].xml", _content_types(numbers)


def _row(values: Sequence[Any]) -> str:
    return f"<row>{''.join(map(cells.of_workbook, values))}</row>"


def _relations(relations: Iterable[tuple[str, str, str]]) -> str:
    told = "".join(
        f'<Relationship Id="{id}" Type="{_OFFICE}/{kind}" Target={quoteattr(target)}/>'
        for id, kind, target in relations
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{told}</Relationships>'


def _content_types(sheets: Iterable[int]) -> str:
    kinds = {f"/xl/worksheets/sheet{n}.xml": "worksheet" for n in sheets}
    kinds |= {"/xl/workbook.xml": "sheet.main", "/xl/styles.xml": "styles"}
    told = "".join(f'<Override PartName="{name}" ContentType="{_TYPE}.{kind}+xml"/>' for name, kind in kinds.items())
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{told}</Types>'
    )

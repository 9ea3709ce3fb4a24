"""A document as PDF on A4. The same document gives the same bytes: no clock, no chance and no font of the machine."""

from io import BytesIO
from itertools import chain
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Spacer, Table

from metering.papers import fonts, sheets
from metering.papers.ink import FAINT, GREY, INK, LINE, TUNGSTEN
from metering.papers.reading import Paper

MARGIN, HEAD, FOOT = 18 * mm, 34 * mm, 22 * mm
_WIDTH, _HEIGHT = A4
ISSUER = "Axis API"


def drawn(paper: Paper, *, sha256: str) -> bytes:
    """Return the PDF; `sha256` is printed at the foot of each page, empty for a draft."""
    fonts.ready()
    file = BytesIO()
    template = BaseDocTemplate(
        file,
        pagesize=A4,
        title=f"{paper.title} {paper.number}".strip(),
        author=ISSUER,
        subject=f"{paper.customer[0]}, {paper.period_named}",
        creator=ISSUER,
        lang="en",
        invariant=1,
    )
    frame = Frame(MARGIN, FOOT, _WIDTH - 2 * MARGIN, _HEIGHT - HEAD - FOOT, 0, 0, 0, 0, id="page")
    template.addPageTemplates(PageTemplate("page", [frame], onPage=lambda canvas, _: _draw_head(canvas, paper)))
    template.build(_story(paper), canvasmaker=_counting(paper, sha256))
    return file.getvalue()


def _story(paper: Paper) -> list[Flowable]:
    story: list[Flowable] = [sheets.facts(paper), Spacer(0, 7 * mm)]
    if remarks := [(sheets.remark(name, value), Spacer(0, 2 * mm)) for name, value in paper.remarks]:
        story += [*chain.from_iterable(remarks), Spacer(0, 3 * mm)]
    lines: Table = sheets.lines(paper)
    return [*story, lines, Spacer(0, 4 * mm), sheets.closing(paper)]


def _draw_head(canvas: Canvas, paper: Paper) -> None:
    """The mark at the left, what this is and its number at the right; a draft says so on every page."""
    top = _HEIGHT - 16 * mm
    _draw_mark(canvas, MARGIN, top - 6 * mm, 8 * mm)
    canvas.setFillColor(INK)
    canvas.setFont(fonts.BOLD, 13)
    canvas.drawString(MARGIN + 11 * mm, top - 3.6 * mm, ISSUER)
    canvas.drawRightString(_WIDTH - MARGIN, top - 2 * mm, paper.title)
    canvas.setFont(fonts.MONO, 9)
    canvas.setFillColor(GREY)
    canvas.drawRightString(_WIDTH - MARGIN, top - 7 * mm, paper.number or "not final")


def _draw_mark(canvas: Canvas, x: float, y: float, size: float) -> None:
    """The viewfinder's brackets around the cross, on a grid of 24."""
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(size / 24, size / 24)
    canvas.setLineWidth(2)
    canvas.setStrokeColor(INK)
    for corner in ((2, 16, 2, 22, 8, 22), (16, 22, 22, 22, 22, 16), (22, 8, 22, 2, 16, 2), (8, 2, 2, 2, 2, 8)):
        path = canvas.beginPath()
        path.moveTo(*corner[:2])
        path.lineTo(*corner[2:4])
        path.lineTo(*corner[4:])
        canvas.drawPath(path)
    canvas.setStrokeColor(TUNGSTEN)
    canvas.line(12, 7, 12, 17)
    canvas.line(7, 12, 17, 12)
    canvas.restoreState()


def _counting(paper: Paper, sha256: str) -> type[Canvas]:
    """Return a canvas that knows how many pages there are by the time it writes their feet."""

    class Counting(Canvas):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802
            self._kept.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            for number, kept in enumerate(self._kept, start=1):
                self.__dict__.update(kept)
                _draw_foot(self, paper, sha256, f"Page {number} of {len(self._kept)}")
                Canvas.showPage(self)
            Canvas.save(self)

    return Counting


def _draw_foot(canvas: Canvas, paper: Paper, sha256: str, page: str) -> None:
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, 16 * mm, _WIDTH - MARGIN, 16 * mm)
    canvas.setFillColor(FAINT)
    canvas.setFont(fonts.REGULAR, 7.5)
    canvas.drawString(MARGIN, 12 * mm, f"{paper.title} {paper.number}".strip())
    canvas.drawRightString(_WIDTH - MARGIN, 12 * mm, page)
    if sha256:
        canvas.setFont(fonts.MONO, 6.5)
        canvas.drawString(MARGIN, 8.5 * mm, f"sha256 {sha256}")

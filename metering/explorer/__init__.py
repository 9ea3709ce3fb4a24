"""The usage explorer: one filter for chart, table, sums, file and the generations behind each number."""

from metering.explorer.query import Filter, address_of, generations_url
from metering.explorer.sources import generations, voids
from metering.explorer.tables import headings, rows

__all__ = ["Filter", "address_of", "generations", "generations_url", "headings", "rows", "voids"]

"""The colours of printed documents: the light ones of the pages, named alike."""

from reportlab.lib.colors import HexColor

INK = HexColor("#151815")
GREY = HexColor("#434842")
FAINT = HexColor("#5f645d")
LINE = HexColor("#cfd3cc")
STRONG = HexColor("#838a80")
SUNK = HexColor("#f1f2ee")
TUNGSTEN = HexColor("#c85a17")

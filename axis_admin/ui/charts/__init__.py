"""Charts drawn on the server, whose text keeps its size at every width.

Each chart is an <svg> without a viewBox: x positions are percentages, y positions are pixels. Lines need real
coordinates, so they sit in a nested, stretched <svg> with non-scaling strokes. What comes from people (labels, tips)
is escaped by format_html; everything else is a number.
"""

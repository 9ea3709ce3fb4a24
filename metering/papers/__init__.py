"""Documents for customers: what they say, and the forms in which they are handed out. Pure: they read nothing else."""

from metering.papers.composing import Charged, Issued, compose, span
from metering.papers.reading import Paper, PaperLine, read

__all__ = ["Charged", "Issued", "Paper", "PaperLine", "compose", "read", "span"]

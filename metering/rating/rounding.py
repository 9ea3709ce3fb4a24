"""Amounts are exact until a line is rounded, once, to its currency's smallest unit."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

from metering import currencies

# Enough for every digit of the largest counter times the longest price: nothing is rounded on the way.
EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round to the currency's smallest unit, half to even."""
    return amount.quantize(currencies.smallest(currency), context=EXACT)

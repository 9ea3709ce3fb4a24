"""Currencies by ISO 4217: how many decimals an amount has, and how it is written. Pure."""

from decimal import Decimal

_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
    "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST YER ZAR ZMW",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_DECIMALS = {code: places for places, codes in _CODES.items() for code in codes.split()}
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
# As many as the database keeps of the price of a unit.
PRICE_DECIMALS = 10


def is_known(code: str) -> bool:
    """Whether amounts in that currency can be rounded."""
    return code in _DECIMALS


def decimals(code: str) -> int:
    """Return how many decimals an amount has; ValueError for a currency that is not known."""
    if code not in _DECIMALS:
        raise ValueError(f"{code} is no currency that is known here.")
    return _DECIMALS[code]


def smallest(code: str) -> Decimal:
    """Return the smallest amount: 0.01 of a euro."""
    return Decimal(1).scaleb(-decimals(code))


def said(amount: Decimal, code: str) -> str:
    """Write an amount for people, with the decimals of its currency or all that it needs: `−€68.40`, `CHF 12.00`."""
    return _written(trimmed(amount, code), code)


def _written(amount: Decimal, code: str) -> str:
    exponent = amount.as_tuple().exponent
    # A quotient of prices may have been normalised to 1E+2: that is no amount without decimals.
    places = max(decimals(code), -exponent if isinstance(exponent, int) else 0)
    sign = "−" if amount < 0 else ""
    # A code and its amount stay on one line.
    symbol = _SYMBOLS.get(code, code + "\u00a0")
    return f"{sign}{symbol}{abs(amount):,.{places}f}"


def trimmed(amount: Decimal, code: str) -> Decimal:
    """Leave out the zeros after the decimals of the currency, which a column or a person has added."""
    shortest = amount.quantize(smallest(code))
    return shortest if shortest == amount else Decimal(f"{amount:f}".rstrip("0"))


def price_in_full(price: Decimal) -> Decimal:
    """Return a price of one unit with all decimals that it may have, for files: alike however it was typed."""
    full = price.quantize(Decimal(1).scaleb(-PRICE_DECIMALS))
    return full if full == price else price


def unit_price(price: Decimal, code: str) -> str:
    """Write a price of one unit alike however it was typed: `€2.50`, `€0.0140`."""
    shortest = trimmed(price, code)
    places = max(0, -int(shortest.as_tuple().exponent))
    padded = shortest if places <= decimals(code) else shortest.quantize(Decimal(1).scaleb(-max(places, 4)))
    return _written(padded, code)

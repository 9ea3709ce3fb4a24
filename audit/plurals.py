"""How many of what, in words. Pure."""


def counted(number: int, one: str, more: str = "") -> str:
    """Say how many: `1 call`, `2,345 calls`; `more` is the plural where that is not the word with an s."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"

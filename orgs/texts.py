"""What may stand in a name or a note: text that shows as it is, and no secret."""

from django.core.exceptions import ValidationError

from audit import wording

UNFIT = "This holds control characters or marks that reorder text. Write it without them."
WHOLE_KEY = "This holds a whole key. Name it by its prefix."


def one_line(text: str) -> None:
    """Raise ValidationError where the text is not one plain line, or holds a whole credential."""
    if any(map(wording.is_unfit, text)):
        raise ValidationError(UNFIT)
    if wording.holds_credential(text):
        raise ValidationError(WHOLE_KEY)


def several_lines(text: str) -> None:
    """The same, where the text may have several lines."""
    for line in text.replace("\r\n", "\n").split("\n"):
        one_line(line.replace("\t", " "))

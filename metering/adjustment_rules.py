"""What may be adjusted, and by how much."""

from decimal import Decimal

from django.core.exceptions import ValidationError

from keys.models import ApiKey
from metering import currencies, voiding
from metering.models import Adjustment, AdjustmentRequest, BillingPeriod, Generation
from orgs import texts

Kind = AdjustmentRequest.Kind
LONGEST_TEXT = 200
# More than anybody is ever credited, in a currency with smaller coins: what is beyond it is a slip of the finger.
LARGEST = Decimal(10_000_000)


def voiding_problem(generation: Generation) -> str:
    """Say why nobody may ask that this generation is not billed; nothing where somebody may."""
    if generation.outcome != Generation.Outcome.SUCCEEDED:
        return "It failed, and what failed is not billed."
    if generation.environment != ApiKey.Environment.LIVE:
        return "A test key made it, and those are not billed."
    made = Adjustment.objects.of_generations([generation.pk]).first()
    if made is not None:
        return f"It is voided already, by {made.number}."
    asked = AdjustmentRequest.objects.waiting().filter(kind=Kind.VOID, generation_id=generation.pk)
    if waiting := asked.select_related("requested_by").first():
        return f"{waiting.requested_by} has asked for this already; somebody else has to decide."
    return ""


def signed(kind: str, amount: Decimal, *, currency: str) -> Decimal:
    """Return what is added to the bill. ValidationError for an amount that is none."""
    if kind not in (Kind.CREDIT, Kind.CHARGE, Kind.CORRECTION):
        raise ValidationError({"kind": "Choose a credit, a charge or a correction."})
    if not amount.is_finite() or amount == 0:
        raise ValidationError({"amount": "Write an amount other than zero."})
    if abs(amount) > largest(currency):
        raise ValidationError({"amount": f"An adjustment is {currencies.said(largest(currency), currency)} at most."})
    if kind != Kind.CORRECTION and amount < 0:
        raise ValidationError({"amount": "Without a sign: a credit is subtracted, a charge is added."})
    if amount != amount.quantize(currencies.smallest(currency)):
        places = currencies.decimals(currency)
        raise ValidationError({"amount": f"An amount in {currency} has at most {places} decimals."})
    return -amount if kind == Kind.CREDIT else amount


def largest(currency: str) -> Decimal:
    """The most that one adjustment may be; a currency without smaller coins counts in what others call cents."""
    return LARGEST if currencies.decimals(currency) else LARGEST * 100


def check_text(text: str) -> None:
    """Raise ValidationError for what cannot stand on a bill."""
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise ValidationError({"text": f"Write what the line on the bill says, in at most {LONGEST_TEXT} characters."})
    texts.one_line(text)


def check_counting(period: BillingPeriod) -> None:
    """Raise ValidationError where nothing is counted into the period any more."""
    if period.state not in voiding.COUNTING:
        said = period.get_state_display().lower()
        raise ValidationError(
            {"period": f"{period.called} is {said}: nothing is counted into it any more. Ask for another."}
        )


def check_original(original: BillingPeriod | None, period: BillingPeriod) -> None:
    """Raise ValidationError where an adjustment is about a period that is another's or not before its own."""
    if original is None:
        return
    if original.organization_id != period.organization_id or original.span.lower >= period.span.lower:
        raise ValidationError({"original": "Choose a period before the one whose bill is changed."})
    if original.contract.currency != period.contract.currency:
        said = f"{original.called} is billed in {original.contract.currency}: an amount in {period.contract.currency}"
        raise ValidationError({"original": f"{said} cannot be about it."})


def check_same_currency(asked: AdjustmentRequest) -> None:
    """Raise ValidationError where an amount was asked for in another currency than its period is billed in now."""
    if asked.period is not None and asked.period.contract.currency != asked.currency:
        now, when = asked.period.contract.currency, asked.period.mentioned
        raise ValidationError(
            f"This is in {asked.currency}, and {when} is billed in {now}. Decline it, and ask in {now}."
        )

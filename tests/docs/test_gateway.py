"""docs/gateway.md says what the code does."""

import json
import re

import pytest
from django.conf import settings

from axis_admin.gateway import bodies, problems
from axis_admin.gateway.serializers import changes, control_totals, generations, leaks, leases, validate
from keys import asks, leak_intake, verdicts
from keys.gateways import Scope
from keys.limits import limiter, store
from metering import items, nesting
from tests.docs import markdown

TEXT = markdown.read("gateway")
CODES = markdown.section(TEXT, "### Every code, and what to do")
REPORT = markdown.section(TEXT, "## Report generations")
ERRORS = markdown.section(TEXT, "## Errors")
STATUS, CODE = 0, 1


def test_every_code_is_there_in_its_order_with_its_answer_and_its_cause() -> None:
    told = [(*cells[:2], cells[2] or None) for cells in markdown.rows(CODES)]
    meanings = verdicts.MEANINGS.items()
    assert told == [(f"`{code}`", str(meaning.http_status), meaning.cause) for code, meaning in meanings]
    assert list(verdicts.MEANINGS) == list(verdicts.Code)


def test_every_status_and_code_of_a_reported_generation_is_there() -> None:
    table = [cells for cells in markdown.rows(REPORT) if cells[STATUS].strip("`") in generations.STATUSES]
    assert [cells[STATUS].strip("`") for cells in table if not cells[CODE]] == ["accepted", "duplicate"]
    assert {cells[STATUS].strip("`") for cells in table} == set(generations.STATUSES)
    assert [cells[CODE].strip("`") for cells in table if cells[CODE]] == list(generations.CODES)


def test_every_field_of_a_call_is_there() -> None:
    told = _fields(markdown.section(TEXT, "## Validate a key").split("###")[0])
    assert told == set(validate.ValidateRequestSerializer().fields)
    stages = set(generations.StagesSerializer().fields)
    assert set(generations.GenerationSerializer().fields) == _fields(REPORT) - set(generations.STATUSES)
    assert all(f"`{stage}`" in REPORT for stage in stages)


def test_every_parameter_and_kind_of_the_feed_is_there() -> None:
    told = markdown.section(TEXT, "## Read the change feed")
    assert _fields(told) == set(changes.ChangesQuerySerializer().fields)
    assert set(changes.KINDS) <= set(markdown.CODE.findall(told))
    assert f"1 to {changes.MOST_CHANGES:,}; {changes.USUAL_CHANGES} if left out" in told


def test_every_field_and_status_of_a_reported_leak_is_there() -> None:
    told = markdown.section(TEXT, "## Report leaks")
    assert _fields(told) == set(leaks.LeaksRequestSerializer().fields) | set(leak_intake.STATUSES)
    assert f"more than {leaks.MOST_CREDENTIALS:,} credentials" in told
    assert f"at most {leaks.LONGEST_SOURCE} characters" in told
    assert f"at most {leaks.LONGEST_URL:,} characters" in told


def test_every_field_of_a_source_s_totals_is_there() -> None:
    told = markdown.section(TEXT, "## Tell your totals")
    fields = {*control_totals.ControlTotalsRequestSerializer().fields, *control_totals.ControlTotalSerializer().fields}
    assert _fields(told) == fields
    assert f"at most {control_totals.MOST_TOTALS:,} a call" in told


def test_every_error_is_there_with_its_status() -> None:
    told = {cells[0].strip("`"): int(cells[1]) for cells in markdown.rows(ERRORS)}
    assert told == {kind: status.value for kind, (status, _) in problems.TITLES.items()}


def test_every_scope_is_there() -> None:
    assert set(markdown.firsts(markdown.section(TEXT, "## Your credential"))) == set(Scope.values)


@pytest.mark.parametrize(
    ("block", "serializer"),
    [
        (0, validate.ValidateAnswerSerializer),
        (1, changes.ChangesAnswerSerializer),
        (2, leases.RenewedSerializer),
        (3, generations.GenerationsAnswerSerializer),
        (4, control_totals.ControlTotalsAnswerSerializer),
        (5, leaks.LeaksAnswerSerializer),
    ],
)
def test_an_example_answer_has_the_fields_of_the_schema(block: int, serializer: type) -> None:
    example = json.loads(markdown.fences(TEXT, "json")[block])
    checked = serializer(data=example)
    assert checked.is_valid(), checked.errors
    assert list(example) == list(checked.fields)


def test_the_example_error_is_one() -> None:
    example = json.loads(markdown.fences(TEXT, "json")[6])
    refused = problems.invalid([("api_version", '"v3" is not a valid choice.')])
    assert example == json.loads(refused.as_response().content)


def test_the_example_report_is_one_that_would_be_read() -> None:
    body = json.loads(re.search(r"-d '(\{\s+\"source\".*?)'", TEXT, re.DOTALL)[1])
    checked = generations.GenerationsRequestSerializer(data=body)
    assert checked.is_valid(), checked.errors
    for item in body["generations"]:
        items.check_fields(item)
        assert items.UUID7.fullmatch(item["generation_id"])


def test_its_numbers_are_the_code_s() -> None:
    [remembered_ms] = re.findall(r"'SET', KEYS\[4\], .* 'PX', (\d+)\)", limiter.SCRIPT)
    assert f"remembered for {int(remembered_ms) // 60_000} minutes" in TEXT
    assert f"within {store.TIMEOUT_SECONDS * 1000:.0f} ms" in TEXT
    assert f"at most {asks.LONGEST_REQUEST_ID} characters" in TEXT
    assert f"more than {settings.CALLS_IN_FLIGHT} calls" in TEXT
    assert f"At most {generations.LARGEST_BATCH:,} generations or {bodies.LARGEST >> 20} MiB" in TEXT
    assert f"more than {items.OLDEST_MS // 86_400_000} days ago" in TEXT
    assert f"more than {items.APART_MS // 3_600_000} hours between" in TEXT
    assert f"more than {items.FUTURE_MS // 60_000} minutes ahead" in TEXT
    assert f"more than {nesting.DEEPEST} levels deep" in TEXT
    assert f"at most {generations.LONGEST_SOURCE} characters" in TEXT
    cache = json.loads(markdown.fences(TEXT, "json")[0])["cache"]
    assert (cache["max_age_s"], cache["stale_if_error_s"]) == (verdicts.MAX_AGE_S, verdicts.STALE_IF_ERROR_S)


def _fields(text: str) -> set[str]:
    return {name for cells in markdown.rows(text) for name in markdown.CODE.findall(cells[0])}

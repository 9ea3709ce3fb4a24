"""Many rows with one statement: what Django would write, and in its words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit import rows
from orgs.models import Notice, Organization
from tests.factories import OrganizationFactory

AT = datetime(2026, 11, 22, 12, 30, 1, 123_457, tzinfo=UTC)


def _notice(organization: Organization, **told: Any) -> Notice:
    texts = {"kind": Notice.Kind.STATEMENT_ISSUED, "about": "stm_1/issued", "contact": "Accounts \U0001f600"}
    email = {"email": "accounts@studio.example", "subject": 'A "statement"', "body": "Line one.\n\tLine two \\ €."}
    return Notice(organization=organization, created_at=AT, due_at=AT, **{**texts, **email, **told})


@pytest.fixture
def organization(db: None) -> Organization:
    return OrganizationFactory()


def test_a_row_is_read_back_as_it_was_written(organization: Organization) -> None:
    written = _notice(organization)
    rows.insert([written])
    read = Notice.objects.get(pk=written.pk)
    columns = [field.attname for field in Notice._meta.concrete_fields]
    assert [getattr(read, name) for name in columns] == [getattr(written, name) for name in columns]


def test_keys_are_given_in_the_order_of_the_rows(organization: Organization) -> None:
    several = [_notice(organization, about=f"stm_{number}/issued") for number in range(5)]
    rows.insert(several)
    assert [one.pk for one in several] == sorted(one.pk for one in several)
    assert {one.pk: one.about for one in several} == dict(Notice.objects.values_list("pk", "about"))


def test_any_number_takes_one_statement_whose_text_is_the_same(organization: Organization) -> None:
    said = []
    for count in (1, 30):
        with CaptureQueriesContext(connection) as captured:
            rows.insert([_notice(organization, about=f"{count}-{number}") for number in range(count)])
        said.append([query["sql"].partition("json_populate_recordset")[0] for query in captured])
    assert said[0] == said[1]
    assert len(said[0]) == 1


def test_nothing_takes_no_statement(db: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        rows.insert([])
    assert not captured.captured_queries


def test_a_row_that_is_there_already_is_refused_or_left_out(organization: Organization) -> None:
    rows.insert([_notice(organization)])
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert([_notice(organization)])
    rows.insert(
        [_notice(organization), _notice(organization, about="stm_2/issued")], on_conflict="ON CONFLICT DO NOTHING"
    )
    assert sorted(Notice.objects.values_list("about", flat=True)) == ["stm_1/issued", "stm_2/issued"]


def test_what_is_written_may_be_saved_again_as_any_row(organization: Organization) -> None:
    written = _notice(organization)
    rows.insert([written])
    written.subject = "Another"
    written.save()
    assert Notice.objects.get().subject == "Another"


def test_a_value_that_has_no_spelling_in_json_is_an_error(organization: Organization) -> None:
    with pytest.raises(TypeError):
        rows.insert([_notice(organization, body=object())])
    assert not Notice.objects.exists()

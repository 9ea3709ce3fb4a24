"""The search's fields: what each understands, and the sentence for what it does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from audit import known, moments
from audit.forms import SearchForm
from audit.models import Event
from audit.scope import Scope
from audit.verbs import Verb
from tests.audit.conftest import DOV, HALIDE, KESTREL, NOON

ALL = Scope(None, None)
HALIDES = Scope(frozenset({"org_halide"}), frozenset())
Happened = Callable[..., Event]


@pytest.fixture
def log(happened: Happened) -> None:
    happened(ago=timedelta(hours=1))
    happened(actor=DOV, organization=KESTREL, ago=timedelta(minutes=1))


def form(scope: Scope = ALL, **query: str) -> SearchForm:
    with time_machine.travel(NOON, tick=False):
        made = SearchForm(query, scope=scope)
        made.is_valid()
    return made


def errors(scope: Scope = ALL, **query: str) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in form(scope, **query).errors.items()}


@pytest.mark.parametrize("text", ["stf_dov", "Dov Hartmann", "dov hartmann", "dov", "HARTM"])
def test_an_actor_is_named_by_id_or_name_or_a_part_of_it(log: None, text: str) -> None:
    assert form(actor=text).question().actors == ["stf_dov"]


def test_a_part_of_several_names_means_them_all(log: None) -> None:
    assert set(form(actor="stf_d").question().actors) == {"stf_dov", "stf_dana"}


def test_a_whole_name_means_that_one_alone(log: None, happened: Happened) -> None:
    happened(actor=replace(DOV, id="stf_longer", label="Dov Hartmann-Lee"))
    assert form(actor="Dov Hartmann").question().actors == ["stf_dov"]


def test_an_actor_is_found_under_the_newest_name(log: None, happened: Happened) -> None:
    happened(actor=replace(DOV, label="Dov Lee"))
    assert form(actor="Dov Lee").question().actors == ["stf_dov"]


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ({"actor": "dov hartman n"}, "actor", "Nobody here is called “dov hartman n”. Did you mean Dov Hartmann?"),
        ({"actor": "zzz"}, "actor", "Nobody here is called “zzz”."),
        ({"org": "Kestrl VFX"}, "org", "No organization here is called “Kestrl VFX”. Did you mean Kestrel VFX?"),
        ({"verb": "key.isued"}, "verb", "key.isued is no verb. Did you mean key.issued?"),
        ({"verb": "kay.*"}, "verb", "kay.* is no verb. Did you mean key.*?"),
        ({"verb": "qqqqqqqq"}, "verb", "qqqqqqqq is no verb."),
        ({"outcome": "maybe"}, "outcome", "maybe is none of success, denied, failed."),
        ({"after": "2026-13-01"}, "after", "“2026-13-01” is no time."),
        ({"before": "tomorrow"}, "before", "“tomorrow” is no time."),
        ({"after": "2026-11-02", "before": "2026-11-01"}, "before", "This lies before the beginning."),
        ({"q": "-- &&"}, "q", "Write at least one letter or digit."),
        ({"q": "a\0b"}, "q", "Null characters are not allowed."),
        ({"q": "a\x1bb"}, "q", "This holds control characters"),
        ({"q": "a\u202eb"}, "q", "reorder text"),
        ({"q": "x" * 201}, "q", "at most 200"),
        ({"older": "nonsense"}, "older", "The address of this page is broken"),
        ({"newer": "1.2"}, "newer", "The address of this page is broken"),
    ],
)
def test_what_cannot_be_searched_for_is_said_beside_its_field(
    log: None, query: dict[str, str], field: str, message: str
) -> None:
    found = errors(**query)
    assert list(found) == [field]
    assert message in found[field][0]


def test_only_organizations_in_scope_can_be_named(log: None) -> None:
    assert form(HALIDES, org="halide").question().organizations == ["org_halide"]
    for text in ("Kestrel VFX", "org_kestrel"):
        assert errors(HALIDES, org=text) == {"org": [f"No organization here is called “{text}”."]}


def test_an_organization_in_scope_that_nothing_happened_to_is_no_error_of_the_database(log: None) -> None:
    assert errors(Scope(frozenset(), frozenset()), org="halide") == {
        "org": ["No organization here is called “halide”."]
    }


def test_a_noun_with_a_star_is_all_its_verbs() -> None:
    verbs = form(verb="Contact.*").question().verbs
    assert verbs == [verb.value for verb in Verb if verb.value.startswith("contact.")]
    assert form(verb="key.issued").question().verbs == ["key.issued"]


def test_an_empty_form_asks_for_everything(db: None) -> None:
    question = form().question()
    assert question.conditions() == []
    assert question.words == ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T14:05", datetime(2026, 11, 1, 14, 5, tzinfo=UTC)),
        ("2026-11-01 14:05:06Z", datetime(2026, 11, 1, 14, 5, 6, tzinfo=UTC)),
        ("2026-11-01T14:05+02:00", datetime(2026, 11, 1, 12, 5, tzinfo=UTC)),
        ("7d", datetime(2026, 11, 15, 12, tzinfo=UTC)),
        ("36H", datetime(2026, 11, 21, 0, tzinfo=UTC)),
        (" 2w ", datetime(2026, 11, 8, 12, tzinfo=UTC)),
    ],
)
def test_times_are_days_clock_times_or_so_long_ago(text: str, moment: datetime) -> None:
    assert moments.parse(text, now=NOON) == moment


@pytest.mark.parametrize(
    "text", ["", "7", "7y", "d", "2026", "2026-02-30", "12345d", "0001-01-01T00:00+14:00", "now", "22.11.2026", "١d"]
)
def test_other_times_are_errors_that_show_how(text: str) -> None:
    with pytest.raises(ValueError, match="Write 2026-11-22"):
        moments.parse(text, now=NOON)


def test_names_are_listed_the_latest_first(log: None) -> None:
    assert [name.id for name in known.actors(ALL) if name.id.startswith("stf_")] == ["stf_dov", "stf_dana"]
    listed = [name.id for name in known.organizations(ALL)]
    assert listed.index("org_kestrel") < listed.index(HALIDE.id)
    assert [name.id for name in known.organizations(HALIDES)] == ["org_halide"]

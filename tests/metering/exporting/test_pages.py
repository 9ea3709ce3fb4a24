"""Exports in the browser: asked for, listed, downloaded whole and in part, stopped and removed."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from audit.models import Event
from metering import tasks
from metering.exporting import queue, ranges, running
from metering.models import Export
from orgs.models import Organization, Staff
from tests.exports import a_file, an_export
from tests.factories import record_fixture

pytestmark = pytest.mark.django_db
LIST = "/exports/"


def _file(export: Export) -> str:
    return reverse("metering:export_file", args=[export.uid])


def _body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_dialog_asks_what_and_how(administrator: Staff, halide: Organization, browser_of: Any) -> None:
    url = reverse("metering:start_export", args=[halide.uid]) + "?range=7d&version=v2"
    page = browser_of(administrator).get(url).text
    assert "Halide &amp; Sons, Last 7 days, 1 filter" in page
    assert f'action="{url.replace("&", "&amp;")}"' in page


def test_it_is_started_with_the_hours_that_are_meant_now(
    administrator: Staff,
    halide: Organization,
    browser_of: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(queue.run_export, "apply_async", lambda *args, **kwargs: asked.append((args, kwargs)))
    url = reverse("metering:start_export", args=[halide.uid]) + "?range=7d&version=v2"
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser_of(administrator).post(url, {"what": "generations", "format": "xlsx"})
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    export = Export.objects.get()
    assert (export.owner, export.organization, export.what, export.format) == (
        administrator, halide, "generations", "xlsx",
    )  # fmt: skip
    assert export.query.startswith("from=")
    assert "version=v2" in export.query
    assert export.title == "Generations of Halide & Sons, Last 7 days"
    [((arguments,), options)] = asked
    assert arguments == (export.pk,)
    assert options["countdown"] > running.SETTLING.total_seconds()


def test_an_unknown_format_is_refused(administrator: Staff, browser_of: Any) -> None:
    answer = browser_of(administrator).post("/usage/export/", {"what": "table", "format": "exe"})
    assert answer.status_code == 422
    assert not Export.objects.exists()


def test_the_list_shows_ones_own_alone(administrator: Staff, viewer: Staff, browser_of: Any) -> None:
    a_file(administrator, title="Hers")
    a_file(viewer, title="His")
    page = browser_of(viewer).get(LIST).text
    assert "His" in page
    assert "Hers" not in page


def test_what_is_being_made_asks_for_itself(viewer: Staff, browser_of: Any) -> None:
    client = browser_of(viewer)
    export = an_export(viewer, title="Generations in March")
    Export.objects.filter(pk=export.pk).update(state="running", rows=500, expected=2_000)
    page = client.get(LIST).text
    assert "500 of about 2,000 rows" in page
    assert 'value="25"' in page
    part = client.get(f"{LIST}?going=1", headers={"HX-Request": "true"})
    assert "every 2s" in part.text
    assert "HX-Trigger" not in part
    now = timezone.now()
    Export.objects.filter(pk=export.pk).update(state="done", finished_at=now, expires_at=now)
    part = client.get(f"{LIST}?going=1", headers={"HX-Request": "true"})
    assert "every 2s" not in part.text
    assert part["HX-Trigger"] == "axis:job-ended"


def test_a_download_says_how_long_it_is_and_is_recorded(viewer: Staff, halide: Organization, browser_of: Any) -> None:
    export = a_file(viewer, b"0123456789" * 60_000, organization=halide, title="Generations of Halide & Sons, May")
    answer = browser_of(viewer).get(_file(export))
    assert answer["Content-Length"] == "600000"
    assert answer["Content-Disposition"] == (
        f'attachment; filename="generations-of-halide-sons-may-{export.as_of:%Y%m%d-%H%M}.csv"'
    )
    assert _body(answer) == b"0123456789" * 60_000
    event = Event.objects.get(verb="usage.exported")
    assert (event.actor_id, event.organization, event.detail["bytes"]) == (viewer.uid, halide.uid, 600_000)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=262140-262150", 262_140, 262_150),
        ("bytes=599990-", 599_990, 599_999),
        ("bytes=-5", 599_995, 599_999),
    ],
)
def test_a_download_goes_on_where_it_was_cut_off(
    asked: str, first: int, last: int, viewer: Staff, browser_of: Any
) -> None:
    whole = bytes(n % 251 for n in range(600_000))
    answer = browser_of(viewer).get(_file(a_file(viewer, whole)), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/600000"
    assert int(answer["Content-Length"]) == last - first + 1
    assert _body(answer) == whole[first : last + 1]


def test_the_rest_of_another_file_is_the_whole_of_this_one(viewer: Staff, browser_of: Any) -> None:
    export, client = a_file(viewer, b"0123456789"), browser_of(viewer)
    other = client.get(_file(export), headers={"Range": "bytes=5-", "If-Range": '"exp_other-10"'})
    assert (other.status_code, _body(other)) == (200, b"0123456789")
    beyond = client.get(_file(export), headers={"Range": "bytes=10-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, "bytes */10")


@pytest.mark.parametrize("header", ["", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes=5-1", f"bytes={'9' * 5_000}-"])
def test_what_is_no_range_is_the_whole_file(header: str) -> None:
    assert ranges.read(header, 10) is None


def test_a_file_with_what_one_no_longer_sees_is_refused(
    account_manager: Staff, her_organization: Organization, browser_of: Any
) -> None:
    export, client = a_file(account_manager), browser_of(account_manager)
    assert client.get(_file(export)).status_code == 200
    her_organization.account_manager = None
    her_organization.save(update_fields=["account_manager"])
    record_fixture(her_organization.uid)
    assert client.get(_file(export)).status_code == 403
    assert Event.objects.filter(verb="access.denied", target_id=export.uid, outcome="denied").exists()


def test_a_file_of_everything_is_refused_to_whoever_sees_less(viewer: Staff, browser_of: Any) -> None:
    from orgs import actions as org_actions
    from tests.cast import ACTOR
    from tests.factories import OrganizationFactory, RoleAssignmentFactory

    export = a_file(viewer)
    RoleAssignmentFactory(user=viewer, role="viewer", organization=OrganizationFactory())
    org_actions.revoke_role(
        assignment=viewer.assignments.get(organization=None), actor=ACTOR, reason="moves to another team"
    )
    assert browser_of(viewer).get(_file(export)).status_code == 403


def test_what_is_not_made_yet_cannot_be_had(viewer: Staff, browser_of: Any) -> None:
    assert browser_of(viewer).get(_file(an_export(viewer))).status_code == 404


def test_it_is_stopped_and_removed_by_its_owner(viewer: Staff, browser_of: Any) -> None:
    client, export = browser_of(viewer), an_export(viewer)
    remove = reverse("metering:remove_export", args=[export.uid])
    client.post(remove)
    assert Export.objects.filter(pk=export.pk).exists()
    client.post(reverse("metering:cancel_export", args=[export.uid]))
    export.refresh_from_db()
    assert export.state == "cancelled"
    client.post(remove)
    assert not Export.objects.exists()


def test_the_sweep_takes_up_what_nobody_makes(
    viewer: Staff, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(queue.run_export, "delay", asked.append)
    export = an_export(viewer)
    time_machine.move_to(export.as_of + timedelta(minutes=1))
    tasks.take_up_exports()
    assert asked == [export.pk]


def test_what_was_broken_off_is_asked_for_again_with_the_same_filter(administrator: Staff, browser_of: Any) -> None:
    export, now = an_export(administrator), timezone.now()
    record_fixture(export.uid)
    Export.objects.filter(pk=export.pk).update(state="failed", sentence="Too large.", finished_at=now, expires_at=now)
    page = browser_of(administrator).get(LIST).text
    assert "Too large. Nothing of it is kept." in page
    again = reverse("metering:start_export") + f"?{export.query}"
    assert f'href="{escape(again)}"' in page
    assert browser_of(administrator).get(again).status_code == 200


@pytest.mark.parametrize(("what", "said"), [("table", True), ("generations", False)])
def test_a_table_says_that_it_is_counted_anew(what: str, said: bool, administrator: Staff, browser_of: Any) -> None:
    export = an_export(administrator)
    record_fixture(export.uid)
    Export.objects.filter(pk=export.pk).update(what=what)
    assert ("counted anew from the first row" in browser_of(administrator).get(LIST).text) is said

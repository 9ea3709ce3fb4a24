"""The page of a leak: the verdict first, use since the secret was out, a letter, a timeline; and lists of leaks."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from django.utils import timezone

from keys.models import KeySecret, LeakReport
from tests.factories import ContactFactory, GatewayFactory, LeakFactory, SecretHourFactory
from tests.keys.leaks.conftest import NEW, OLD, Page, hours_ago


def test_the_verdict_counts_new_addresses(page: Page) -> None:
    verdict = page.get().context["verdict"]
    assert verdict.title.startswith("This secret works, and 1 new address has used it since ")
    assert verdict.tone == "bad"


def test_use_since_the_exposure_by_address_with_the_new_ones_first(page: Page) -> None:
    callers = page.get().context["callers"]
    assert [(one.address, one.calls, one.is_new) for one in callers] == [(NEW, 7, True), (OLD, 40, False)]


def test_an_earlier_exposure_shows_more_and_makes_more_new(page: Page) -> None:
    since = timezone.now() - timedelta(days=20)
    assert page.post("since/", exposed_since=f"{since:%Y-%m-%dT%H:%M}").status_code == 302
    callers = page.get().context["callers"]
    assert [(one.address, one.calls, one.is_new) for one in callers] == [(OLD, 90, True), (NEW, 7, True)]


def test_the_verdict_speaks_of_the_hour_that_calls_are_counted_by(page: Page) -> None:
    hour = page.leak.exposed_since.replace(minute=0)
    assert page.get().context["verdict"].title.endswith(f"since {hour:%-d %b %Y, %H:%M} UTC")


def test_a_secret_that_nobody_new_used_is_less_urgent(key_admin: Any, browser_of: Any, leak: LeakReport) -> None:
    fresh = LeakFactory()
    verdict = Page(browser_of(key_admin), fresh).get().context["verdict"]
    assert (verdict.title, verdict.tone) == ("This secret works for whoever has it", "warn")


def test_calls_of_this_minute_are_counted(page: Page, secret: KeySecret, monkeypatch: Any) -> None:
    from keys import counts

    flushed: list[list[int]] = []
    monkeypatch.setattr(counts, "flush", lambda ids, **named: flushed.append(ids))
    page.get()
    assert flushed == [[secret.key.organization_id]]


def test_a_counter_store_that_is_down_keeps_nobody_from_the_page(page: Page, monkeypatch: Any) -> None:
    import redis

    from keys import counts

    def down(*args: object, **named: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(counts, "flush", down)
    assert page.get().status_code == 200


def test_the_letter_is_for_the_security_contact_and_holds_no_secret(page: Page, secret: KeySecret) -> None:
    ContactFactory(organization=secret.key.organization, kind="technical", email="ops@halide.example")
    ContactFactory(organization=secret.key.organization, kind="security", email="security@halide.example")
    context = page.get().context
    assert context["mailto"].startswith("mailto:security@halide.example?subject=Your%20Axis%20API%20key")
    for part in (str(secret), NEW, "not seen before", "The secret still works"):
        assert part in context["draft"]
    assert secret.text not in unquote(context["mailto"]) + context["draft"]


def test_without_a_security_contact_it_goes_to_the_technical_one(page: Page, secret: KeySecret) -> None:
    assert page.get().context["mailto"] == ""
    ContactFactory(organization=secret.key.organization, kind="technical", email="ops@halide.example")
    assert page.get().context["mailto"].startswith("mailto:ops@halide.example?")


def test_the_timeline_tells_exposure_use_and_what_was_done(page: Page) -> None:
    page.post("close/", reason="a test page of ours")
    told = [one.text for one in page.get().context["timeline"]]
    assert told[0] == "The secret was out"
    assert f"First use from the new address {NEW}" in told
    assert told[-1] == "Kim closed the leak of render-farm-prod of Halide & Sons, harmless"


def test_an_open_leak_stands_on_the_first_page_and_on_its_key_s(page: Page, secret: KeySecret) -> None:
    home = page.client.get("/").text
    assert f"Secret {secret} leaked" in home
    key = page.client.get(f"/keys/{secret.key.uid}/").text
    assert f"Leaked: {secret}" in key
    page.post("close/")
    assert f"Secret {secret} leaked" not in page.client.get("/").text
    assert f"Leaked: {secret}" not in page.client.get(f"/keys/{secret.key.uid}/").text


def test_an_account_manager_sees_leaks_of_their_own_alone(
    account_manager: Any, browser_of: Any, leak: LeakReport, secret: KeySecret
) -> None:
    gateway = GatewayFactory().secrets.get()
    others = [LeakFactory(), LeakFactory(secret=None, gateway_secret=gateway)]
    client = browser_of(account_manager)
    home = client.get("/").text
    assert f"Secret {secret} leaked" in home
    for other in others:
        assert str(other.leaked) not in home
        assert client.get(f"/leaks/{other.uid}/").status_code == 404


def test_a_viewer_sees_a_customer_s_leak_and_no_gateway_s(viewer: Any, browser_of: Any, leak: LeakReport) -> None:
    client = browser_of(viewer)
    of_gateway = LeakFactory(secret=None, gateway_secret=GatewayFactory().secrets.get())
    assert client.get(f"/leaks/{leak.uid}/").status_code == 200
    assert client.get(f"/leaks/{of_gateway.uid}/").status_code == 404


def test_addresses_of_a_month_ago_are_not_offered(page: Page, secret: KeySecret) -> None:
    SecretHourFactory(secret=secret, hour=hours_ago(31 * 24), address="192.0.2.44")
    offered = [value for value, _ in page.get("contain/").context["form"].fields["addresses"].choices]
    assert offered == [NEW, OLD]

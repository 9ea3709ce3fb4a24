def test_x(halide, live, now, report):
    from tests.metering.conftest import generation

    g = generation(live, now)
    print(
        report(g),
        report(g),
        report({**g, "units": 3}),
        report(g, {**g, "units": 4}, dry_run=True),
        report({"a": 1}, 5, dry_run=True),
    )
    from metering.models import UsageHour, UsageDay, Generation, RejectedGeneration

    print(
        UsageHour.objects.values(),
        UsageDay.objects.values(),
        Generation.objects.values(),
        RejectedGeneration.objects.values(),
    )
    from audit.models import Event

    print(Event.objects.values_list("sentence", "changes"))
    assert 0

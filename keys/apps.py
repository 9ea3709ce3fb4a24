from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "keys"
    verbose_name = "Keys"

    def ready(self) -> None:
        from audit import jobs, wording
        from keys import imports
        from keys.actions import pilots
        from keys.bulk import ACTS
        from keys.columns import COLUMNS
        from keys.reservation_cautions import cautions as of_pilots_and_limits
        from keys.shortfalls import refused_by_us
        from orgs import columns, openings
        from orgs.capacity import cautions, refused

        wording.register_beginnings(imports.known)
        openings.on_activation(pilots.start_pilot_on_activation)
        refused.register(refused_by_us)
        cautions.register(of_pilots_and_limits)
        for column in COLUMNS:
            columns.register(column)
        for act in ACTS.values():
            jobs.register(act.kind, act.work, next_step=act.next_step)

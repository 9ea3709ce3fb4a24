from django.apps import AppConfig


class KeysConfig(AppConfig):
    name = "keys"
    verbose_name = "Keys"

    def ready(self) -> None:
        from keys.actions import pilots
        from orgs import openings

        openings.on_activation(pilots.start_pilot_on_activation)

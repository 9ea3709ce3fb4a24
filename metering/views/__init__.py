from metering.views.exports import cancel_export, export_file, exports, remove_export, start_export
from metering.views.pilots import convert_pilot, pilot, pilots
from metering.views.sla import sla, sla_overview
from metering.views.usage import export, for_org, index, overview

__all__ = [
    "cancel_export",
    "convert_pilot",
    "export",
    "export_file",
    "exports",
    "for_org",
    "index",
    "overview",
    "pilot",
    "pilots",
    "remove_export",
    "sla",
    "sla_overview",
    "start_export",
]

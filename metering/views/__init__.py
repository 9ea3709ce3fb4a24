from metering.views.pilots import convert_pilot, pilot, pilots
from metering.views.usage import export, for_org, index, overview

__all__ = ["convert_pilot", "export", "for_org", "index", "overview", "pilot", "pilots"]

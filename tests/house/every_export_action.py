"""A call of every action on exports, with what it takes to make it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from metering import actions
from tests import exports, factories

DAY = timedelta(days=1)

EVERY_EXPORT_ACTION: dict[Callable[..., Any], Callable[[], dict[str, Any]]] = {
    actions.start_export: lambda: {
        "owner": factories.StaffFactory(),
        "title": "Usage",
        "what": "table",
        "format": "csv",
        "query": "",
    },
    actions.cancel_export: lambda: {"export": exports.an_export(factories.StaffFactory())},
    actions.remove_export: lambda: {"export": exports.a_file(factories.StaffFactory())},
    actions.record_download: lambda: {"export": exports.a_file(factories.StaffFactory())},
    actions.forget_exports: lambda: {"now": exports.an_old_file(factories.StaffFactory()).as_of + DAY},
}

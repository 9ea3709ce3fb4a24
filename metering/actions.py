"""What changes contracts and billing periods. They stand in `contracts`, because the ledger opens periods too."""

from metering.contracts import open_ahead, open_contract, open_default_contract, open_periods

__all__ = ["open_ahead", "open_contract", "open_default_contract", "open_periods"]

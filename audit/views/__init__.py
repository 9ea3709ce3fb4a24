from audit.views.log import event, history, index

__all__ = ["event", "history", "index"]

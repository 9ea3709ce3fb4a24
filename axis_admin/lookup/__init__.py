"""Paste anything: what a text is about, as far as the person may see it, and the next step."""

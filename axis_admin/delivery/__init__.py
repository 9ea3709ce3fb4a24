"""The customers' door: `/d/<id>`, where one-time links are opened. It signs nobody in and sets no cookie."""

"""Dedicated capacity: the rules of days and room, and what the pages ask of them."""

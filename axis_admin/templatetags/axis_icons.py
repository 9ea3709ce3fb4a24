"""The icons of every page: {% load axis_icons %}{% heroicon_micro "plus" size=16 aria_hidden="true" %}."""

from __future__ import annotations

from django import template

from axis_admin.ui import icons

register = template.Library()

for tag in icons.TAGS:
    register.simple_tag(tag)

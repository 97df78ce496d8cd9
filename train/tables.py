"""Measurements as people read them: a table in Markdown, and the machine that they were taken on."""

from __future__ import annotations

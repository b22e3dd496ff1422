"""Matches that never were: goal rates played forward, dressed with events; no input or output."""

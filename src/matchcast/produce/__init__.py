"""Puts matches onto the stream: simulated ones, replays, schedules; and says that it is alive."""

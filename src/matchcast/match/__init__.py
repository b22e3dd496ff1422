"""The one fold of events into what is known of a match."""

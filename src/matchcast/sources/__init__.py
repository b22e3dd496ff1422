"""Event files into events: StatsBomb's own, and all that kloppy reads."""

"""Matches and events that are over, as Parquet: what the stream brought, and what was fetched."""

"""How processes tell what they do: logs."""

"""Live football match forecasts: events in, win probabilities out."""

__version__ = "0.1.0"

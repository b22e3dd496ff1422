"""The model API: forecasts over HTTP."""

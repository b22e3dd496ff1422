"""The running matches of one process: read, fold, forecast, keep, and tell who listens."""

"""How fast Matchcast is, measured on the running system: ``python -m benchmarks.NAME --help``.

Each prints a table and gives the same numbers as JSON. Numbers of different machines do not compare;
ratios of two runs on one machine do.
"""

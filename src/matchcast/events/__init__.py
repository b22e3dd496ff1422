"""The record of a match event: its types, and how it is read and written."""

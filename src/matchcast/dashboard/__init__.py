"""The dashboard: shows running matches live, and lets the operator act."""

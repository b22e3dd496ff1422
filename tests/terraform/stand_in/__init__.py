"""A stand-in for Oracle Cloud: a provider that serves the real schema, and an account in a folder behind it.

Terraform takes it for the provider oracle/oci. Nothing here speaks to Oracle Cloud.
"""

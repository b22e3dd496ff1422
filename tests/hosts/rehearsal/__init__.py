"""The whole way from `terraform apply` to HTTPS, played on hosts that boot on this machine: see `rehearsal`."""

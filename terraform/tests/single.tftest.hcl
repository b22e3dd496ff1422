# One host, within Always Free: what it makes and what it hands to Ansible. Nothing here reaches Oracle Cloud.

mock_provider "oci" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  tenancy_ocid    = "ocid1.tenancy.oc1..mock"
  region          = "eu-frankfurt-1"
  domain          = "forecasts.example.org"
  acme_email      = "you@example.org"
  ssh_public_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMock you@example.org"]
  ssh_networks    = ["203.0.113.7/32"]
}

run "one_host_has_every_group_and_needs_no_private_network" {
  command = plan

  assert {
    condition     = keys(output.addresses) == ["site"] && output.addresses.site.private == "10.0.0.10"
    error_message = "There is to be one host, site, at the tenth address of the public subnet."
  }

  assert {
    condition     = output.public_address == "198.51.100.10" && output.url == "https://forecasts.example.org/"
    error_message = "The address is to be the reserved one, the URL that of the domain."
  }

  assert {
    condition     = module.network.private_subnet.id == null
    error_message = "One host needs no private subnet and no NAT gateway."
  }
}

run "it_stays_within_always_free" {
  command = plan

  assert {
    condition     = local.used.ocpus == 2 && local.used.memory_gb == 12 && local.used.storage_gb == 150 && local.used.volume_backups == 4
    error_message = "The defaults are to be 2 OCPU, 12 GB, 150 GB of volumes and 4 backups."
  }
}

run "the_inventory_has_what_the_example_has" {
  command = plan

  assert {
    condition     = strcontains(output.inventory, "\n[all:vars]\nmatchcast_domain = forecasts.example.org\nmatchcast_acme_email = you@example.org\nansible_user = ubuntu\n")
    error_message = "The inventory is to name the site."
  }

  assert {
    condition     = strcontains(output.inventory, "\nsite ansible_host=198.51.100.10 data_disk_devices=\"['/dev/oracleoci/oraclevdb']\" data_disk_required=True\n")
    error_message = "The host is to be reached at its reserved address and to need its data disk."
  }

  assert {
    condition     = strcontains(output.inventory, "[producer]\nsite\n")
    error_message = "By default simulated matches are played."
  }
}

run "your_own_feed_leaves_the_producer_out" {
  command = plan

  variables {
    simulated_matches = false
  }

  assert {
    condition     = endswith(output.inventory, "[producer]\n")
    error_message = "Without simulated matches the group producer is to be empty."
  }
}

run "the_image_is_the_newest_when_none_is_pinned" {
  command = plan

  assert {
    condition     = output.image_ocid == "ocid1.image.oc1..newest"
    error_message = "The host is to start from the newest image."
  }
}

run "a_pinned_image_is_taken" {
  command = plan

  variables {
    image_ocid = "ocid1.image.oc1.eu-frankfurt-1.pinned"
  }

  assert {
    condition     = output.image_ocid == "ocid1.image.oc1.eu-frankfurt-1.pinned"
    error_message = "The host is to start from the image that was asked for."
  }
}

run "more_than_always_free_is_warned_of" {
  command = plan

  variables {
    sizes = { site = { ocpus = 4, memory_gb = 24 } }
  }

  expect_failures = [check.always_free]
}

run "more_storage_than_always_free_is_warned_of" {
  command = plan

  variables {
    sizes = { site = { data_gb = 151 } }
  }

  expect_failures = [check.always_free]
}

run "who_pays_is_not_warned" {
  command = plan

  variables {
    sizes       = { site = { ocpus = 4, memory_gb = 24, data_gb = 500 } }
    always_free = false
  }
}

run "a_budget_writes_before_it_is_spent" {
  command = plan

  variables {
    budget = { amount = 5, email = "you@example.org" }
  }

  assert {
    condition     = oci_budget_budget.site[0].amount == 5 && oci_budget_alert_rule.forecast[0].threshold == 80 && oci_budget_alert_rule.forecast[0].type == "FORECAST"
    error_message = "The alarm is to come when 80 % of the budget are forecast."
  }
}

run "there_is_no_budget_and_no_bucket_unless_asked_for" {
  command = plan

  assert {
    condition     = length(oci_budget_budget.site) == 0 && output.backup_bucket == null
    error_message = "Budget and bucket are optional."
  }
}

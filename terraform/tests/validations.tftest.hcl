# Every validation, by a value that it refuses. Nothing here reaches Oracle Cloud.

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

run "another_ocid_than_the_tenancy_s" {
  command = plan

  variables {
    tenancy_ocid = "ocid1.compartment.oc1..mock"
  }

  expect_failures = [var.tenancy_ocid]
}

run "a_compartment_s_name" {
  command = plan

  variables {
    compartment_ocid = "production"
  }

  expect_failures = [var.compartment_ocid]
}

run "a_region_s_name" {
  command = plan

  variables {
    region = "Frankfurt"
  }

  expect_failures = [var.region]
}

run "a_profile_in_brackets" {
  command = plan

  variables {
    config_profile = "[DEFAULT]"
  }

  expect_failures = [var.config_profile]
}

run "a_url_for_the_domain" {
  command = plan

  variables {
    domain = "https://forecasts.example.org/"
  }

  expect_failures = [var.domain]
}

run "an_address_for_the_domain" {
  command = plan

  variables {
    domain = "203.0.113.10"
  }

  expect_failures = [var.domain]
}

run "a_mail_address_without_a_domain" {
  command = plan

  variables {
    acme_email = "you@localhost"
  }

  expect_failures = [var.acme_email]
}

run "a_topology_that_there_is_not" {
  command = plan

  variables {
    topology = "triple"
  }

  expect_failures = [var.topology]
}

run "a_name_with_a_dash" {
  command = plan

  variables {
    name = "match-cast"
  }

  expect_failures = [var.name]
}

run "no_key" {
  command = plan

  variables {
    ssh_public_keys = []
  }

  expect_failures = [var.ssh_public_keys]
}

run "a_key_s_path" {
  command = plan

  variables {
    ssh_public_keys = ["~/.ssh/id_ed25519.pub"]
  }

  expect_failures = [var.ssh_public_keys]
}

run "a_private_key" {
  command = plan

  variables {
    ssh_public_keys = ["-----BEGIN OPENSSH PRIVATE KEY-----"]
  }

  expect_failures = [var.ssh_public_keys]
}

run "no_network_for_ssh" {
  command = plan

  variables {
    ssh_networks = []
  }

  expect_failures = [var.ssh_networks]
}

run "a_network_with_too_long_a_mask" {
  command = plan

  variables {
    ssh_networks = ["203.0.113.7/99"]
  }

  expect_failures = [var.ssh_networks]
}

run "an_address_without_a_length" {
  command = plan

  variables {
    ssh_networks = ["203.0.113.7"]
  }

  expect_failures = [var.ssh_networks]
}

run "a_network_with_a_host_s_bits" {
  command = plan

  variables {
    ssh_networks = ["203.0.113.7/24"]
  }

  expect_failures = [var.ssh_networks]
}

run "ssh_for_the_world_without_an_explicit_yes" {
  command = plan

  variables {
    ssh_networks = ["0.0.0.0/0"]
  }

  expect_failures = [var.ssh_networks]
}

run "ssh_for_half_the_world" {
  command = plan

  variables {
    ssh_networks = ["0.0.0.0/1", "128.0.0.0/1"]
  }

  expect_failures = [var.ssh_networks]
}

run "an_availability_domain_that_there_is_never" {
  command = plan

  variables {
    availability_domain = 4
  }

  expect_failures = [var.availability_domain]
}

run "no_fault_domain" {
  command = plan

  variables {
    fault_domains = []
  }

  expect_failures = [var.fault_domains]
}

run "a_fault_domain_by_number" {
  command = plan

  variables {
    fault_domains = ["1"]
  }

  expect_failures = [var.fault_domains]
}

run "a_shape_that_is_not_flexible" {
  command = plan

  variables {
    shape = "VM.Standard.E2.1.Micro"
  }

  expect_failures = [var.shape]
}

run "an_image_s_name" {
  command = plan

  variables {
    image_ocid = "Canonical-Ubuntu-24.04"
  }

  expect_failures = [var.image_ocid]
}

run "half_an_ocpu" {
  command = plan

  variables {
    sizes = { site = { ocpus = 0.5 } }
  }

  expect_failures = [var.sizes]
}

run "less_memory_than_the_services_need" {
  command = plan

  variables {
    sizes = { site = { memory_gb = 4 } }
  }

  expect_failures = [var.sizes]
}

run "more_memory_than_the_ocpus_carry" {
  command = plan

  variables {
    sizes = { web = { ocpus = 1, memory_gb = 65 } }
  }

  expect_failures = [var.sizes]
}

run "a_volume_that_is_too_small" {
  command = plan

  variables {
    sizes = { kafka = { data_gb = 20 } }
  }

  expect_failures = [var.sizes]
}

run "a_device_without_the_leading_slash" {
  command = plan

  variables {
    data_device = "dev/oracleoci/oraclevdb"
  }

  expect_failures = [var.data_device]
}

run "the_boot_volume_s_device" {
  command = plan

  variables {
    data_device = "/dev/oracleoci/oraclevda"
  }

  expect_failures = [var.data_device]
}

run "a_network_that_is_none" {
  command = plan

  variables {
    network = "10.0.0.0/99"
  }

  expect_failures = [var.network]
}

run "a_network_that_is_too_large" {
  command = plan

  variables {
    network = "10.0.0.0/8"
  }

  expect_failures = [var.network]
}

run "a_network_that_is_public" {
  command = plan

  variables {
    network = "203.0.0.0/16"
  }

  expect_failures = [var.network]
}

run "a_year_and_more_of_backups" {
  command = plan

  variables {
    volume_backup_weeks = 53
  }

  expect_failures = [var.volume_backup_weeks]
}

run "a_bucket_s_name_with_a_slash" {
  command = plan

  variables {
    backup_bucket = { name = "backups/matchcast" }
  }

  expect_failures = [var.backup_bucket]
}

run "backups_for_a_day" {
  command = plan

  variables {
    backup_bucket = { name = "backups", keep_days = 1 }
  }

  expect_failures = [var.backup_bucket]
}

run "a_budget_of_nothing" {
  command = plan

  variables {
    budget = { amount = 0, email = "you@example.org" }
  }

  expect_failures = [var.budget]
}

run "a_budget_that_writes_to_nobody" {
  command = plan

  variables {
    budget = { amount = 5, email = "nobody" }
  }

  expect_failures = [var.budget]
}

run "a_budget_over_a_hundred_percent" {
  command = plan

  variables {
    budget = { amount = 5, email = "you@example.org", percent = 120 }
  }

  expect_failures = [var.budget]
}

run "a_tag_with_a_space" {
  command = plan

  variables {
    tags = { "cost center" = "1" }
  }

  expect_failures = [var.tags]
}

run "an_availability_domain_that_the_region_lacks" {
  command = plan

  variables {
    availability_domain = 3
  }

  expect_failures = [data.oci_identity_availability_domains.here]
}

run "ssh_for_the_world_with_an_explicit_yes_is_taken" {
  command = plan

  variables {
    ssh_networks          = ["0.0.0.0/0"]
    ssh_open_to_the_world = true
  }
}

run "every_option_at_once_is_taken" {
  command = plan

  variables {
    compartment_ocid    = "ocid1.compartment.oc1..mock"
    ssh_public_keys     = ["ssh-rsa AAAAB3NzaC1yc2E= you@example.org", "ecdsa-sha2-nistp256 AAAAE2VjZHNh", "sk-ssh-ed25519@openssh.com AAAAGnNr key"]
    ssh_networks        = ["203.0.113.0/24", "198.51.100.7/32"]
    network             = "172.16.0.0/24"
    availability_domain = 2
    shape               = "VM.Standard.A1.Flex"
    data_device         = "/dev/oracleoci/oraclevdc"
    volume_backup_weeks = 0
    backup_bucket       = { name = "backups" }
    budget              = { amount = 1, email = "you@example.org", percent = 100 }
    tags                = { cost_center = "football" }
  }
}

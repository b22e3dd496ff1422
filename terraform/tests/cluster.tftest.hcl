# Five hosts: three for Kafka, one for web and API, one for Airflow. Nothing here reaches Oracle Cloud.

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
  topology        = "cluster"
  always_free     = false
}

run "only_the_web_host_is_public" {
  command = plan

  assert {
    condition     = { for name, host in output.addresses : name => host.public if host.public != null } == { web-1 = "198.51.100.10" }
    error_message = "The reserved address is to be that of web-1, and the only one."
  }

  assert {
    condition = { for name, host in output.addresses : name => host.private } == {
      web-1     = "10.0.0.10"
      kafka-1   = "10.0.128.11"
      kafka-2   = "10.0.128.12"
      kafka-3   = "10.0.128.13"
      airflow-1 = "10.0.128.14"
    }
    error_message = "The private addresses are to be fixed, so that Kafka's nodes find each other again."
  }
}

run "kafka_is_spread_over_the_fault_domains" {
  command = plan

  assert {
    condition     = toset([for name, host in local.hosts : host.fault_domain if startswith(name, "kafka-")]) == toset(["FAULT-DOMAIN-1", "FAULT-DOMAIN-2", "FAULT-DOMAIN-3"])
    error_message = "Each Kafka host is to be in a fault domain of its own."
  }
}

run "a_fault_domain_that_is_full_can_be_left_out" {
  command = plan

  variables {
    fault_domains = ["FAULT-DOMAIN-1", "FAULT-DOMAIN-3"]
  }

  assert {
    condition     = toset([for host in values(local.hosts) : host.fault_domain]) == toset(["FAULT-DOMAIN-1", "FAULT-DOMAIN-3"])
    error_message = "The hosts are to be spread over the named fault domains alone."
  }
}

run "hosts_inside_are_reached_over_the_web_host" {
  command = plan

  assert {
    condition     = strcontains(output.inventory, "\nkafka-2 ansible_host=10.0.128.12 ansible_ssh_common_args=\"-o ProxyJump={{ ansible_user }}@198.51.100.10\" matchcast_private_address=10.0.128.12 ")
    error_message = "A host inside is to be reached over web-1, by its private address."
  }

  assert {
    condition     = strcontains(output.inventory, "\nweb-1 ansible_host=198.51.100.10 matchcast_private_address=10.0.0.10 ")
    error_message = "web-1 is to be reached at its reserved address and spoken to at its private one."
  }
}

run "each_group_has_its_hosts" {
  command = plan

  assert {
    condition     = strcontains(output.inventory, "[kafka]\nkafka-1\nkafka-2\nkafka-3\n\n[airflow]\nairflow-1\n\n[api]\nweb-1\n\n[dashboard]\nweb-1\n\n[web]\nweb-1\n\n[producer]\nkafka-1\n")
    error_message = "The groups are to be those of the example of three hosts, with Kafka on three."
  }
}

run "it_costs_and_says_so" {
  command = plan

  variables {
    always_free = true
  }

  expect_failures = [check.always_free]
}

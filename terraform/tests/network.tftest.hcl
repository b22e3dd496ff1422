# What the network lets through. Nothing here reaches Oracle Cloud.

mock_provider "oci" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  compartment_ocid = "ocid1.compartment.oc1..mock"
  name             = "matchcast"
  network          = "10.20.0.0/16"
  ssh_networks     = ["203.0.113.0/24", "198.51.100.7/32"]
}

run "the_world_reaches_web_ports_alone" {
  command = plan

  module {
    source = "./modules/network"
  }

  assert {
    condition     = toset([for rule in oci_core_security_list.site["public"].ingress_security_rules : rule.tcp_options[0].min if rule.source == "0.0.0.0/0" && rule.protocol == "6"]) == toset([80, 443])
    error_message = "The world is to reach ports 80 and 443 and no other."
  }

  assert {
    condition     = toset([for rule in oci_core_security_list.site["public"].ingress_security_rules : rule.source if rule.protocol == "6" && try(rule.tcp_options[0].min, 0) == 22]) == toset(["203.0.113.0/24", "198.51.100.7/32"])
    error_message = "SSH is to be open to the given networks alone."
  }

  assert {
    condition     = alltrue([for rule in oci_core_security_list.site["public"].ingress_security_rules : rule.protocol == "1" ? rule.icmp_options[0].type == 3 && rule.icmp_options[0].code == 4 : rule.tcp_options[0].min == rule.tcp_options[0].max])
    error_message = "Nothing but single TCP ports and 'fragmentation needed' is to come in."
  }

  assert {
    condition     = length(oci_core_default_security_list.unused.ingress_security_rules) == 0
    error_message = "The network's own list is to let nothing in."
  }
}

run "one_host_has_neither_private_subnet_nor_nat_gateway" {
  command = plan

  module {
    source = "./modules/network"
  }

  assert {
    condition     = keys(oci_core_subnet.site) == ["public"] && length(oci_core_nat_gateway.site) == 0 && output.private_subnet.id == null
    error_message = "A private subnet is to be made only when asked for."
  }
}

run "the_inside_is_open_to_the_inside_by_port" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    with_private_subnet  = true
    public_subnet_ports  = [8000]
    private_subnet_ports = [22, 9092]
  }

  assert {
    condition     = { for rule in oci_core_security_list.site["private"].ingress_security_rules : rule.tcp_options[0].min => rule.source if rule.protocol == "6" } == { 22 = "10.20.0.0/16", 9092 = "10.20.0.0/16" }
    error_message = "The private subnet is to be open to the site's own network alone, at the given ports."
  }

  assert {
    condition     = [for rule in oci_core_security_list.site["public"].ingress_security_rules : rule.source if rule.protocol == "6" && try(rule.tcp_options[0].min, 0) == 8000] == ["10.20.0.0/16"]
    error_message = "What the public subnet serves inside is to be open to the site's own network alone."
  }

  assert {
    condition     = oci_core_subnet.site["private"].prohibit_public_ip_on_vnic && oci_core_subnet.site["private"].cidr_block == "10.20.128.0/17" && oci_core_subnet.site["public"].cidr_block == "10.20.0.0/17"
    error_message = "The private subnet is the upper half of the network, and without public addresses."
  }

  assert {
    condition     = toset([for rule in oci_core_route_table.site["private"].route_rules : rule.network_entity_id]) == toset(["ocid1.natgateway.oc1..mock"])
    error_message = "The private subnet is to reach out over the NAT gateway."
  }
}

locals {
  tcp      = "6"
  icmp     = "1"
  anywhere = "0.0.0.0/0"

  cidrs = { public = cidrsubnet(var.network, 1, 0), private = cidrsubnet(var.network, 1, 1) }

  # What may come into each subnet, by TCP port.
  ingress = {
    public = concat(
      [for network in var.ssh_networks : { source = network, port = 22, description = "SSH" }],
      [for port in [80, 443] : { source = local.anywhere, port = port, description = "Web" }],
      [for port in var.public_subnet_ports : { source = var.network, port = port, description = "Inside" }],
    )
    private = [for port in var.private_subnet_ports : { source = var.network, port = port, description = "Inside" }]
  }

  # The way out of each subnet; a subnet is there when it has one.
  gateways = merge(
    { public = oci_core_internet_gateway.site.id },
    { for gateway in oci_core_nat_gateway.site : "private" => gateway.id },
  )
}

# Oracle refuses a range that leaves subnets outside. Without this, another one is planned as an update in place, and is
# refused when the hosts, whose addresses change, are gone.
resource "terraform_data" "network" {
  input = var.network
}

resource "oci_core_vcn" "site" {
  compartment_id = var.compartment_ocid
  cidr_blocks    = [var.network]
  display_name   = var.name
  dns_label      = "matchcast" # never changed: another one would make the network anew, and every host with it
  freeform_tags  = var.tags

  lifecycle {
    replace_triggered_by = [terraform_data.network]
  }
}

# The list that every network is born with lets all the world in on port 22. No subnet uses it; this empties it too.
resource "oci_core_default_security_list" "unused" {
  manage_default_resource_id = oci_core_vcn.site.default_security_list_id
  display_name               = "${var.name}-unused"
  freeform_tags              = var.tags
}

resource "oci_core_internet_gateway" "site" {
  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = var.name
  freeform_tags  = var.tags
}

resource "oci_core_nat_gateway" "site" {
  count = var.with_private_subnet ? 1 : 0

  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = var.name
  freeform_tags  = var.tags
}

# --- subnets --------------------------------------------------------------------------------------

resource "oci_core_route_table" "site" {
  for_each = local.gateways

  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = "${var.name}-${each.key}"
  freeform_tags  = var.tags

  route_rules {
    destination       = local.anywhere
    destination_type  = "CIDR_BLOCK"
    network_entity_id = each.value
  }
}

resource "oci_core_security_list" "site" {
  for_each = local.gateways

  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = "${var.name}-${each.key}"
  freeform_tags  = var.tags

  dynamic "ingress_security_rules" {
    for_each = local.ingress[each.key]

    content {
      description = ingress_security_rules.value.description
      protocol    = local.tcp
      source      = ingress_security_rules.value.source

      tcp_options {
        min = ingress_security_rules.value.port
        max = ingress_security_rules.value.port
      }
    }
  }

  # "Fragmentation needed": without it connections over paths with a smaller MTU hang.
  ingress_security_rules {
    description = "Path MTU"
    protocol    = local.icmp
    source      = local.anywhere

    icmp_options {
      type = 3
      code = 4
    }
  }

  egress_security_rules {
    description = "Packages, certificates, open data"
    protocol    = "all"
    destination = local.anywhere
  }
}

resource "oci_core_subnet" "site" {
  for_each = local.gateways

  compartment_id             = var.compartment_ocid
  vcn_id                     = oci_core_vcn.site.id
  cidr_block                 = local.cidrs[each.key]
  display_name               = "${var.name}-${each.key}"
  dns_label                  = each.key
  route_table_id             = oci_core_route_table.site[each.key].id
  security_list_ids          = [oci_core_security_list.site[each.key].id]
  prohibit_public_ip_on_vnic = each.key == "private"
  freeform_tags              = var.tags
}

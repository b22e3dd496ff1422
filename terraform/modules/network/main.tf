locals {
  public_cidr  = cidrsubnet(var.network, 1, 0)
  private_cidr = cidrsubnet(var.network, 1, 1)

  tcp      = "6"
  icmp     = "1"
  anywhere = "0.0.0.0/0"

  public_ingress = concat(
    [for network in var.ssh_networks : { source = network, port = 22, description = "SSH" }],
    [for port in [80, 443] : { source = local.anywhere, port = port, description = "Web" }],
    [for port in var.public_subnet_ports : { source = var.network, port = port, description = "Inside" }],
  )
  private_ingress = [for port in var.private_subnet_ports : { source = var.network, port = port, description = "Inside" }]
}

resource "oci_core_vcn" "site" {
  compartment_id = var.compartment_ocid
  cidr_blocks    = [var.network]
  display_name   = var.name
  dns_label      = var.name
  freeform_tags  = var.tags
}

# The list that every network is born with lets all the world in on port 22. No subnet uses it; this empties it too.
resource "oci_core_default_security_list" "unused" {
  manage_default_resource_id = oci_core_vcn.site.default_security_list_id
  display_name               = "${var.name}-unused"
  freeform_tags              = var.tags
}

# --- public ---------------------------------------------------------------------------------------

resource "oci_core_internet_gateway" "site" {
  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = var.name
  freeform_tags  = var.tags
}

resource "oci_core_route_table" "public" {
  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = "${var.name}-public"
  freeform_tags  = var.tags

  route_rules {
    destination       = local.anywhere
    destination_type  = "CIDR_BLOCK"
    network_entity_id = oci_core_internet_gateway.site.id
  }
}

resource "oci_core_security_list" "public" {
  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = "${var.name}-public"
  freeform_tags  = var.tags

  dynamic "ingress_security_rules" {
    for_each = local.public_ingress

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

resource "oci_core_subnet" "public" {
  compartment_id    = var.compartment_ocid
  vcn_id            = oci_core_vcn.site.id
  cidr_block        = local.public_cidr
  display_name      = "${var.name}-public"
  dns_label         = "public"
  route_table_id    = oci_core_route_table.public.id
  security_list_ids = [oci_core_security_list.public.id]
  freeform_tags     = var.tags
}

# --- private --------------------------------------------------------------------------------------

resource "oci_core_nat_gateway" "site" {
  count = var.with_private_subnet ? 1 : 0

  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = var.name
  freeform_tags  = var.tags
}

resource "oci_core_route_table" "private" {
  count = var.with_private_subnet ? 1 : 0

  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = "${var.name}-private"
  freeform_tags  = var.tags

  route_rules {
    destination       = local.anywhere
    destination_type  = "CIDR_BLOCK"
    network_entity_id = oci_core_nat_gateway.site[0].id
  }
}

resource "oci_core_security_list" "private" {
  count = var.with_private_subnet ? 1 : 0

  compartment_id = var.compartment_ocid
  vcn_id         = oci_core_vcn.site.id
  display_name   = "${var.name}-private"
  freeform_tags  = var.tags

  dynamic "ingress_security_rules" {
    for_each = local.private_ingress

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
    description = "Packages, open data"
    protocol    = "all"
    destination = local.anywhere
  }
}

resource "oci_core_subnet" "private" {
  count = var.with_private_subnet ? 1 : 0

  compartment_id             = var.compartment_ocid
  vcn_id                     = oci_core_vcn.site.id
  cidr_block                 = local.private_cidr
  display_name               = "${var.name}-private"
  dns_label                  = "private"
  route_table_id             = oci_core_route_table.private[0].id
  security_list_ids          = [oci_core_security_list.private[0].id]
  prohibit_public_ip_on_vnic = true
  freeform_tags              = var.tags
}

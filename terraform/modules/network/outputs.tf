output "public_subnet" {
  description = "OCID and network of the public subnet."
  value       = { id = oci_core_subnet.site["public"].id, cidr = local.cidrs.public }
}

output "private_subnet" {
  description = "OCID and network of the private subnet; the OCID is null without one."
  value       = { id = try(oci_core_subnet.site["private"].id, null), cidr = local.cidrs.private }
}

output "public_subnet" {
  description = "OCID and network of the public subnet."
  value       = { id = oci_core_subnet.public.id, cidr = local.public_cidr }
}

output "private_subnet" {
  description = "OCID and network of the private subnet; the OCID is null without one."
  value       = { id = one(oci_core_subnet.private[*].id), cidr = local.private_cidr }
}

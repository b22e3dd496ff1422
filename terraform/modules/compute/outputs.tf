output "instances" {
  description = "OCID and availability domain of each host's instance."
  value       = { for name, instance in oci_core_instance.host : name => { ocid = instance.id, availability_domain = instance.availability_domain } }
}

output "public_addresses" {
  description = "Reserved public address of each public host."
  value       = { for name, address in oci_core_public_ip.site : name => address.ip_address }
}

output "image_ocid" {
  description = "Image that the hosts were started from."
  value       = values(oci_core_instance.host)[0].source_details[0].source_id
}

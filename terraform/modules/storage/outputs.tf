output "volume_ocids" {
  description = "OCID of each data volume, by the name of its host."
  value       = { for name, volume in oci_core_volume.data : name => volume.id }
}

output "bucket" {
  description = "Namespace and name of the bucket for backups; null without one."
  value       = one([for bucket in oci_objectstorage_bucket.backups : { namespace = bucket.namespace, name = bucket.name }])
}

output "bucket" {
  description = "Namespace and name of the bucket for backups; null without one."
  value       = one([for bucket in oci_objectstorage_bucket.backups : { namespace = bucket.namespace, name = bucket.name }])
}

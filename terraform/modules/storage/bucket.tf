locals {
  with_bucket = var.backup_bucket == null ? 0 : 1
  # A policy names the tenancy in words, a compartment by its OCID.
  scope = var.compartment_ocid == var.tenancy_ocid ? "tenancy" : "compartment id ${var.compartment_ocid}"
}

data "oci_objectstorage_namespace" "here" {
  count = local.with_bucket

  compartment_id = var.compartment_ocid
}

resource "oci_objectstorage_bucket" "backups" {
  #checkov:skip=CKV_OCI_9:Oracle's keys encrypt it. A key of one's own needs a vault, and is lost with it.
  count = local.with_bucket

  compartment_id        = var.compartment_ocid
  namespace             = data.oci_objectstorage_namespace.here[0].namespace
  name                  = var.backup_bucket.name
  access_type           = "NoPublicAccess"
  storage_tier          = "Standard"
  versioning            = "Enabled"
  object_events_enabled = true
  freeform_tags         = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

# What is deleted or overwritten stays an earlier version, which goes by its age as well.
resource "oci_objectstorage_object_lifecycle_policy" "backups" {
  count = local.with_bucket

  namespace = data.oci_objectstorage_namespace.here[0].namespace
  bucket    = oci_objectstorage_bucket.backups[0].name

  rules {
    name        = "old-backups"
    target      = "objects"
    action      = "DELETE"
    time_amount = var.backup_bucket.keep_days
    time_unit   = "DAYS"
    is_enabled  = true
  }

  rules {
    name        = "earlier-versions"
    target      = "previous-object-versions"
    action      = "DELETE"
    time_amount = var.backup_bucket.keep_days
    time_unit   = "DAYS"
    is_enabled  = true
  }

  rules {
    name        = "broken-uploads"
    target      = "multipart-uploads"
    action      = "ABORT"
    time_amount = 2
    time_unit   = "DAYS"
    is_enabled  = true
  }

  # The service applies the rules only when it may.
  depends_on = [oci_identity_policy.backups]
}

# --- who may write --------------------------------------------------------------------------------

resource "oci_identity_dynamic_group" "hosts" {
  count = local.with_bucket

  compartment_id = var.tenancy_ocid
  name           = "${var.name}-hosts"
  description    = "The hosts of ${var.name}"
  matching_rule  = "Any {${join(", ", [for volume in values(var.volumes) : "instance.id = '${volume.instance.ocid}'"])}}"
  freeform_tags  = var.tags
}

resource "oci_identity_policy" "backups" {
  count = local.with_bucket

  compartment_id = var.compartment_ocid
  name           = "${var.name}-backups"
  description    = "The hosts of ${var.name} write and read backups, and delete none; the service applies the bucket's rules"
  freeform_tags  = var.tags

  # An upload in parts, which a large backup is, needs OBJECT_OVERWRITE too. What it overwrites stays an earlier version,
  # and versions are not the hosts' to delete.
  statements = [
    "Allow dynamic-group ${oci_identity_dynamic_group.hosts[0].name} to read buckets in ${local.scope} where target.bucket.name = '${var.backup_bucket.name}'",
    "Allow dynamic-group ${oci_identity_dynamic_group.hosts[0].name} to manage objects in ${local.scope} where all {target.bucket.name = '${var.backup_bucket.name}', any {request.permission = 'OBJECT_CREATE', request.permission = 'OBJECT_OVERWRITE', request.permission = 'OBJECT_INSPECT', request.permission = 'OBJECT_READ'}}",
    "Allow service objectstorage-${var.region} to manage object-family in ${local.scope}",
  ]
}

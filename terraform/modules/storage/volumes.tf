resource "oci_core_volume" "data" {
  #checkov:skip=CKV_OCI_2:The assignment below backs it up; the attribute that is looked for is deprecated.
  #checkov:skip=CKV_OCI_3:Oracle's keys encrypt it. A key of one's own needs a vault, and is lost with it.
  for_each = var.volumes

  compartment_id      = var.compartment_ocid
  availability_domain = each.value.instance.availability_domain # and so made after it: without a host there is none to lose
  display_name        = "${var.name}-${each.key}-data"
  size_in_gbs         = each.value.size_gb
  freeform_tags       = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "oci_core_volume_attachment" "data" {
  for_each = var.volumes

  attachment_type                     = "paravirtualized"
  instance_id                         = each.value.instance.ocid
  volume_id                           = oci_core_volume.data[each.key].id
  device                              = var.device
  display_name                        = "${var.name}-${each.key}-data"
  is_pv_encryption_in_transit_enabled = true
}

# --- backups of the volumes -----------------------------------------------------------------------

resource "oci_core_volume_backup_policy" "weekly" {
  count = var.volume_backup_weeks > 0 ? 1 : 0

  compartment_id = var.compartment_ocid
  display_name   = "${var.name}-weekly"
  freeform_tags  = var.tags

  schedules {
    backup_type       = "INCREMENTAL"
    period            = "ONE_WEEK"
    day_of_week       = "TUESDAY" # few matches
    hour_of_day       = 4
    offset_type       = "STRUCTURED"
    time_zone         = "UTC"
    retention_seconds = var.volume_backup_weeks * 7 * 24 * 3600
  }
}

resource "oci_core_volume_backup_policy_assignment" "data" {
  for_each = { for name, volume in var.volumes : name => volume if var.volume_backup_weeks > 0 }

  asset_id  = oci_core_volume.data[each.key].id
  policy_id = oci_core_volume_backup_policy.weekly[0].id
}

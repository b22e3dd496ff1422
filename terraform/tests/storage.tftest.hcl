# Volumes, their backups, and the bucket. Nothing here reaches Oracle Cloud.

mock_provider "oci" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  tenancy_ocid        = "ocid1.tenancy.oc1..mock"
  compartment_ocid    = "ocid1.compartment.oc1..mock"
  region              = "eu-frankfurt-1"
  name                = "matchcast"
  device              = "/dev/oracleoci/oraclevdb"
  volumes             = { site = { size_gb = 100, instance = { ocid = "ocid1.instance.oc1..mock", availability_domain = "AD-1" } } }
  volume_backup_weeks = 4
}

run "the_data_volume_is_where_the_role_looks_for_it" {
  command = plan

  module {
    source = "./modules/storage"
  }

  assert {
    condition     = oci_core_volume_attachment.data["site"].device == "/dev/oracleoci/oraclevdb" && oci_core_volume_attachment.data["site"].attachment_type == "paravirtualized"
    error_message = "The volume is to be attached at the path that the role data_disk looks for."
  }

  assert {
    condition     = oci_core_volume_attachment.data["site"].is_pv_encryption_in_transit_enabled && oci_core_volume.data["site"].size_in_gbs == "100"
    error_message = "The volume is to be encrypted on its way, and of the given size."
  }
}

run "four_weekly_backups_are_kept" {
  command = plan

  module {
    source = "./modules/storage"
  }

  assert {
    condition     = one(oci_core_volume_backup_policy.weekly[0].schedules).retention_seconds == 4 * 7 * 24 * 3600 && one(oci_core_volume_backup_policy.weekly[0].schedules).period == "ONE_WEEK"
    error_message = "A backup a week is to be kept for four weeks."
  }

  assert {
    condition     = oci_core_volume_backup_policy_assignment.data["site"].asset_id == "ocid1.volume.oc1..mock"
    error_message = "The policy is to be that of the data volume."
  }
}

run "no_backups_of_volumes_unless_wanted" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    volume_backup_weeks = 0
  }

  assert {
    condition     = length(oci_core_volume_backup_policy.weekly) == 0 && length(oci_core_volume_backup_policy_assignment.data) == 0
    error_message = "0 weeks are to mean no backups."
  }
}

run "the_bucket_is_private_and_keeps_what_was_deleted" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    backup_bucket = { name = "backups", keep_days = 14 }
  }

  assert {
    condition     = oci_objectstorage_bucket.backups[0].access_type == "NoPublicAccess" && oci_objectstorage_bucket.backups[0].versioning == "Enabled"
    error_message = "The bucket is to be private and to keep versions."
  }

  assert {
    condition     = { for rule in oci_objectstorage_object_lifecycle_policy.backups[0].rules : rule.target => "${rule.action} ${rule.time_amount} ${rule.time_unit}" } == { objects = "DELETE 14 DAYS", previous-object-versions = "DELETE 14 DAYS", multipart-uploads = "ABORT 2 DAYS" }
    error_message = "What is old is to go by itself."
  }
}

run "hosts_write_to_their_bucket_and_delete_nothing" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    backup_bucket = { name = "backups", keep_days = 14 }
  }

  assert {
    condition     = oci_identity_dynamic_group.hosts[0].matching_rule == "Any {instance.id = 'ocid1.instance.oc1..mock'}"
    error_message = "The group is to hold the site's hosts alone."
  }

  assert {
    condition     = strcontains(oci_identity_policy.backups[0].statements[1], "manage objects in compartment id ocid1.compartment.oc1..mock where all {target.bucket.name = 'backups', any {request.permission = 'OBJECT_CREATE', request.permission = 'OBJECT_OVERWRITE', request.permission = 'OBJECT_INSPECT', request.permission = 'OBJECT_READ'}}")
    error_message = "The hosts are to create and read objects of their bucket, in parts too, which takes OBJECT_OVERWRITE, and no more."
  }

  assert {
    condition     = !strcontains(join("", slice(oci_identity_policy.backups[0].statements, 0, 2)), "DELETE") && oci_objectstorage_bucket.backups[0].versioning == "Enabled"
    error_message = "A host that was broken into is not to be able to take its backups away: neither an object nor an earlier version."
  }
}

run "in_the_tenancy_the_policy_names_it" {
  command = plan

  module {
    source = "./modules/storage"
  }

  variables {
    compartment_ocid = "ocid1.tenancy.oc1..mock"
    backup_bucket    = { name = "backups", keep_days = 14 }
  }

  assert {
    condition     = oci_identity_policy.backups[0].statements[2] == "Allow service objectstorage-eu-frankfurt-1 to manage object-family in tenancy"
    error_message = "A policy of the root compartment is to say tenancy."
  }
}

data "oci_core_images" "ubuntu" {
  count = var.image_ocid == null ? 1 : 0

  compartment_id           = var.compartment_ocid
  operating_system         = "Canonical Ubuntu"
  operating_system_version = "24.04"
  shape                    = var.shape
  state                    = "AVAILABLE"
  sort_by                  = "TIMECREATED"
  sort_order               = "DESC"

  lifecycle {
    postcondition {
      condition     = length(self.images) > 0
      error_message = "There is no Ubuntu 24.04 image for ${var.shape} here. Take another shape, or give the OCID of an image of yours as image_ocid."
    }
  }
}

data "oci_core_image_shapes" "pinned" {
  count = var.image_ocid == null ? 0 : 1

  image_id = var.image_ocid
}

# A boot volume runs on the processor that its image is for. Without this, a shape with another one is planned as an
# update in place, which Oracle refuses.
resource "terraform_data" "processor" {
  input = startswith(var.shape, "VM.Standard.A") ? "aarch64" : "x86_64"
}

resource "oci_core_instance" "host" {
  for_each = var.hosts

  compartment_id      = var.compartment_ocid
  availability_domain = var.availability_domain
  fault_domain        = each.value.fault_domain
  display_name        = "${var.name}-${each.key}"
  shape               = var.shape
  freeform_tags       = var.tags

  # State lies on the data volume; a boot volume that is left behind only eats the allowance.
  preserve_boot_volume                = false
  is_pv_encryption_in_transit_enabled = true

  shape_config {
    ocpus         = each.value.ocpus
    memory_in_gbs = each.value.memory_gb
  }

  source_details {
    source_type             = "image"
    source_id               = var.image_ocid == null ? data.oci_core_images.ubuntu[0].images[0].id : var.image_ocid
    boot_volume_size_in_gbs = each.value.boot_gb
  }

  # The public address is reserved, below: one drawn here would go with the host.
  create_vnic_details {
    subnet_id        = each.value.subnet_id
    private_ip       = each.value.private_ip
    hostname_label   = each.key
    assign_public_ip = false
    freeform_tags    = var.tags
  }

  metadata = {
    ssh_authorized_keys = join("\n", var.ssh_public_keys)
    user_data           = filebase64("${path.module}/cloud-init.yaml")
  }

  launch_options {
    is_pv_encryption_in_transit_enabled = true
  }

  instance_options {
    are_legacy_imds_endpoints_disabled = true
  }

  availability_config {
    recovery_action = "RESTORE_INSTANCE"
  }

  lifecycle {
    # A changed key or user_data would make the host anew: keys are Ansible's to change. A newer image would swap
    # the boot volume under a running host, in a plan that reads as "update in-place". Where a host was placed it stays:
    # to leave out a fault domain that is full is about the next one.
    ignore_changes       = [metadata, source_details[0].source_id, fault_domain]
    replace_triggered_by = [terraform_data.processor]

    precondition {
      condition     = var.image_ocid == null || contains(try(data.oci_core_image_shapes.pinned[0].image_shape_compatibilities[*].shape, []), var.shape)
      error_message = "The image does not run on ${var.shape}. An A shape needs an aarch64 image, an E shape one for x86-64; leave image_ocid out to take the right one."
    }
  }
}

# --- reserved addresses ---------------------------------------------------------------------------

locals {
  # A data source that names an instance directly waits for any change of it, and the address with it, in a plan that
  # reads as if it moved. By way of a local value it waits for a new instance alone.
  public_instance_ocids = { for name, host in var.hosts : name => oci_core_instance.host[name].id if host.public }
}

data "oci_core_vnic_attachments" "public" {
  for_each = local.public_instance_ocids

  compartment_id = var.compartment_ocid
  instance_id    = each.value
}

data "oci_core_private_ips" "public" {
  for_each = local.public_instance_ocids

  vnic_id = data.oci_core_vnic_attachments.public[each.key].vnic_attachments[0].vnic_id
}

resource "oci_core_public_ip" "site" {
  for_each = local.public_instance_ocids

  compartment_id = var.compartment_ocid
  display_name   = "${var.name}-${each.key}"
  lifetime       = "RESERVED"
  private_ip_id  = one([for address in data.oci_core_private_ips.public[each.key].private_ips : address.id if address.is_primary])
  freeform_tags  = var.tags
}

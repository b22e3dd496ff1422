# What the mocked cloud answers in the tests of this folder.

mock_data "oci_identity_availability_domains" {
  defaults = {
    availability_domains = [{ compartment_id = "", id = "", name = "AD-1" }, { compartment_id = "", id = "", name = "AD-2" }]
  }
}

mock_data "oci_core_images" {
  defaults = {
    images = [{ id = "ocid1.image.oc1..newest" }]
  }
}

mock_data "oci_core_image_shapes" {
  defaults = {
    image_shape_compatibilities = [{ shape = "VM.Standard.A1.Flex" }]
  }
}

mock_data "oci_core_vnic_attachments" {
  defaults = {
    vnic_attachments = [{ vnic_id = "ocid1.vnic.oc1..site" }]
  }
}

mock_data "oci_core_private_ips" {
  defaults = {
    private_ips = [{ id = "ocid1.privateip.oc1..site", is_primary = true }]
  }
}

mock_resource "oci_core_public_ip" {
  defaults = {
    ip_address = "198.51.100.10"
  }
}

mock_data "oci_objectstorage_namespace" {
  defaults = {
    namespace = "axmock"
  }
}

mock_resource "oci_core_volume" {
  defaults = {
    id = "ocid1.volume.oc1..mock"
  }
}

mock_resource "oci_core_nat_gateway" {
  defaults = {
    id = "ocid1.natgateway.oc1..mock"
  }
}

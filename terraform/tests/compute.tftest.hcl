# How hosts are made. Nothing here reaches Oracle Cloud.

mock_provider "oci" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  compartment_ocid    = "ocid1.compartment.oc1..mock"
  name                = "matchcast"
  availability_domain = "AD-1"
  shape               = "VM.Standard.A1.Flex"
  ssh_public_keys     = ["ssh-ed25519 AAAAFirst first@example.org", "ssh-ed25519 AAAASecond second@example.org"]
  hosts = {
    site = { ocpus = 2, memory_gb = 12, boot_gb = 50, subnet_id = "ocid1.subnet.oc1..mock", private_ip = "10.0.0.10", public = true }
  }
}

run "a_host_is_hardened" {
  command = plan

  module {
    source = "./modules/compute"
  }

  assert {
    condition     = oci_core_instance.host["site"].instance_options[0].are_legacy_imds_endpoints_disabled
    error_message = "The old metadata service, which answers any request, is to be off."
  }

  assert {
    condition     = oci_core_instance.host["site"].is_pv_encryption_in_transit_enabled && oci_core_instance.host["site"].launch_options[0].is_pv_encryption_in_transit_enabled
    error_message = "Traffic to the boot volume is to be encrypted."
  }

  assert {
    condition     = oci_core_instance.host["site"].metadata.ssh_authorized_keys == "ssh-ed25519 AAAAFirst first@example.org\nssh-ed25519 AAAASecond second@example.org"
    error_message = "Every key is to log in."
  }
}

run "cloud_init_only_makes_the_host_reachable" {
  command = plan

  module {
    source = "./modules/compute"
  }

  assert {
    condition = yamldecode(base64decode(oci_core_instance.host["site"].metadata.user_data)) == {
      disable_root    = true
      ssh_pwauth      = false
      package_update  = false
      package_upgrade = false
    }
    error_message = "Everything else is Ansible's."
  }
}

run "the_public_address_is_reserved" {
  command = plan

  module {
    source = "./modules/compute"
  }

  assert {
    condition     = oci_core_public_ip.site["site"].lifetime == "RESERVED" && oci_core_instance.host["site"].create_vnic_details[0].assign_public_ip == "false"
    error_message = "The address is to outlive the host, which is not to have another."
  }
}

run "a_host_inside_has_no_public_address" {
  command = plan

  module {
    source = "./modules/compute"
  }

  variables {
    hosts = {
      kafka-1 = { ocpus = 1, memory_gb = 6, boot_gb = 50, subnet_id = "ocid1.subnet.oc1..mock", private_ip = "10.0.128.11", public = false, fault_domain = "FAULT-DOMAIN-2" }
    }
  }

  assert {
    condition     = length(oci_core_public_ip.site) == 0 && oci_core_instance.host["kafka-1"].fault_domain == "FAULT-DOMAIN-2"
    error_message = "A host inside is to have a fault domain and no public address."
  }
}

run "an_image_of_another_architecture_is_refused" {
  command = plan

  module {
    source = "./modules/compute"
  }

  variables {
    shape      = "VM.Standard.E5.Flex"
    image_ocid = "ocid1.image.oc1..aarch64"
  }

  expect_failures = [oci_core_instance.host]
}

run "a_shape_without_an_image_is_refused" {
  command = plan

  module {
    source = "./modules/compute"
  }

  override_data {
    target = data.oci_core_images.ubuntu
    values = { images = [] }
  }

  expect_failures = [data.oci_core_images.ubuntu]
}

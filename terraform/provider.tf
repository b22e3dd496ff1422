# The key and its fingerprint stay in ~/.oci/config: nothing secret is in variables or state.
provider "oci" {
  tenancy_ocid        = var.tenancy_ocid
  region              = var.region
  config_file_profile = var.config_profile
}

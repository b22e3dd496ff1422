terraform {
  required_version = ">= 1.11"

  required_providers {
    oci = {
      source  = "oracle/oci"
      version = "~> 8.19" # 8.16.0 cannot update a flexible host (400, localVolumeSizeInGBs), 8.19.0 can
    }
  }
}

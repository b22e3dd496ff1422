variable "compartment_ocid" {
  type        = string
  description = "OCID of the compartment."

  validation {
    condition     = can(regex("^ocid1\\.(compartment|tenancy)\\.", var.compartment_ocid))
    error_message = "compartment_ocid is not the OCID of a compartment. Give one that begins with ocid1.compartment or ocid1.tenancy."
  }
}

variable "name" {
  type        = string
  description = "Name that the resources begin with."

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{0,14}$", var.name))
    error_message = "name does not fit. Take up to 15 small letters and digits, a letter first."
  }
}

variable "availability_domain" {
  type        = string
  description = "Full name of the availability domain."

  validation {
    condition     = length(var.availability_domain) > 0
    error_message = "availability_domain is empty. Give the full name, as oci_identity_availability_domains lists it."
  }
}

variable "shape" {
  type        = string
  description = "Flexible shape of the hosts. From ARM to x86 or back they are made anew."

  validation {
    condition     = can(regex("^VM\\.Standard\\.(A[1-9]|E[3-9])\\.Flex$", var.shape))
    error_message = "shape is not a flexible shape. Take VM.Standard.A1.Flex, or for x86 one such as VM.Standard.E5.Flex."
  }
}

variable "image_ocid" {
  type        = string
  description = "OCID of the image; where null, the newest Ubuntu 24.04 for the shape."
  default     = null

  validation {
    condition     = var.image_ocid == null || can(regex("^ocid1\\.image\\.", var.image_ocid))
    error_message = "image_ocid is not the OCID of an image. Give one that begins with ocid1.image, or null."
  }
}

variable "ssh_public_keys" {
  type        = list(string)
  description = "Public keys that may log in as `ubuntu` at the first start."

  validation {
    condition     = length(var.ssh_public_keys) > 0
    error_message = "ssh_public_keys is empty, so nobody could log in. Give at least one."
  }
}

variable "hosts" {
  type = map(object({
    ocpus        = number
    memory_gb    = number
    boot_gb      = number
    subnet_id    = string
    private_ip   = string
    public       = bool
    fault_domain = optional(string)
  }))
  description = "The hosts by name. A public one gets a reserved address; one without a fault domain goes where there is room."

  validation {
    condition     = alltrue([for name in keys(var.hosts) : can(regex("^[a-z][a-z0-9-]{0,62}$", name))])
    error_message = "hosts has a name that is no host's. Take small letters, digits and dashes, a letter first."
  }

  validation {
    condition     = alltrue([for host in values(var.hosts) : can(cidrnetmask("${host.private_ip}/32"))])
    error_message = "hosts has a private_ip that is no IPv4 address. Take one from the host's subnet."
  }
}

variable "tags" {
  type        = map(string)
  description = "Free-form tags."
  default     = {}
}

variable "tenancy_ocid" {
  type        = string
  description = "OCID of the tenancy, where the dynamic group of the bucket's writers is."

  validation {
    condition     = can(regex("^ocid1\\.tenancy\\.", var.tenancy_ocid))
    error_message = "tenancy_ocid is not the OCID of a tenancy. Give one that begins with ocid1.tenancy."
  }
}

variable "compartment_ocid" {
  type        = string
  description = "OCID of the compartment."

  validation {
    condition     = can(regex("^ocid1\\.(compartment|tenancy)\\.", var.compartment_ocid))
    error_message = "compartment_ocid is not the OCID of a compartment. Give one that begins with ocid1.compartment or ocid1.tenancy."
  }
}

variable "region" {
  type        = string
  description = "Region, whose object storage service applies the bucket's rules."

  validation {
    condition     = can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region is not the identifier of a region. Give one such as eu-frankfurt-1."
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

variable "device" {
  type        = string
  description = "Device path that each data volume is attached at."

  validation {
    condition     = can(regex("^/dev/oracleoci/oraclevd[b-z]$", var.device))
    error_message = "device is not a consistent device path. Take /dev/oracleoci/oraclevdb, with the leading slash."
  }
}

variable "volumes" {
  type = map(object({
    size_gb  = number
    instance = object({ ocid = string, availability_domain = string })
  }))
  description = "The data volumes, by the name of their host."

  validation {
    condition     = alltrue([for volume in values(var.volumes) : volume.size_gb >= 50 && volume.size_gb <= 32768])
    error_message = "volumes has a size that Oracle Cloud does not make. Give size_gb from 50 to 32768."
  }
}

variable "volume_backup_weeks" {
  type        = number
  description = "How many weekly backups of each volume are kept; 0 makes none."

  validation {
    condition     = var.volume_backup_weeks >= 0 && var.volume_backup_weeks <= 52
    error_message = "volume_backup_weeks is not from 0 to 52. Take 4, or 0 for none."
  }
}

variable "backup_bucket" {
  type = object({
    name      = string
    keep_days = number
  })
  description = "Name of the bucket for backups, and how long they are kept; null makes none."
  default     = null

  validation {
    condition     = var.backup_bucket == null || try(var.backup_bucket.keep_days >= 7, false)
    error_message = "backup_bucket keeps backups too short a time. Give keep_days at least 7."
  }
}

variable "tags" {
  type        = map(string)
  description = "Free-form tags."
  default     = {}
}

# --- account --------------------------------------------------------------------------------------

variable "tenancy_ocid" {
  type        = string
  description = "OCID of the tenancy."

  validation {
    condition     = can(regex("^ocid1\\.tenancy\\.[a-z0-9-]+\\.[a-z0-9-]*\\..+$", var.tenancy_ocid))
    error_message = "tenancy_ocid is not the OCID of a tenancy. Copy it from the console (Profile > Tenancy): ocid1.tenancy.oc1..…"
  }
}

variable "compartment_ocid" {
  type        = string
  description = "OCID of the compartment that all is made in; the tenancy itself where none is given."
  default     = null

  validation {
    condition     = var.compartment_ocid == null || can(regex("^ocid1\\.(compartment|tenancy)\\.[a-z0-9-]+\\.[a-z0-9-]*\\..+$", var.compartment_ocid))
    error_message = "compartment_ocid is not the OCID of a compartment. Copy it from Identity > Compartments, or leave it out to use the tenancy."
  }
}

variable "region" {
  type        = string
  description = "Region; Always Free is in the home region alone."

  validation {
    condition     = can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", var.region))
    error_message = "region is not the identifier of a region. Give it as the list of regions in the console shows it, such as eu-frankfurt-1."
  }
}

variable "config_profile" {
  type        = string
  description = "Profile of ~/.oci/config that holds the API key."
  default     = "DEFAULT"

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+$", var.config_profile))
    error_message = "config_profile is not a profile's name. Give the word that stands in brackets in ~/.oci/config."
  }
}

# --- site -----------------------------------------------------------------------------------------

variable "domain" {
  type        = string
  description = "Name of the site; its A record is to lead to the output `public_address`."

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", var.domain))
    error_message = "domain is not a name that a certificate can be had for. Give it in small letters, without https:// and without a path: forecasts.example.org"
  }
}

variable "acme_email" {
  type        = string
  description = "Mail address that the certificate authority writes to."

  validation {
    condition     = can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.acme_email))
    error_message = "acme_email is not a mail address. Give the one that is to hear of an expiring certificate: you@example.org"
  }
}

variable "simulated_matches" {
  type        = bool
  description = "Whether the inventory starts a producer of simulated matches; false when your own feed comes."
  default     = true
}

# --- hosts ----------------------------------------------------------------------------------------

variable "topology" {
  type        = string
  description = "`single`: everything on one host, inside Always Free. `cluster`: three Kafka hosts over fault domains, one for web and API, one for Airflow."
  default     = "single"

  validation {
    condition     = contains(["single", "cluster"], var.topology)
    error_message = "topology is neither single nor cluster. Take single for one host, cluster for five."
  }
}

variable "name" {
  type        = string
  description = "Name that all resources begin with."
  default     = "matchcast"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{0,14}$", var.name))
    error_message = "name does not fit. Take up to 15 small letters and digits, a letter first."
  }
}

variable "ssh_public_keys" {
  type        = list(string)
  description = "Public keys that may log in as `ubuntu` at the first start. Later ones are Ansible's to change."

  validation {
    condition     = length(var.ssh_public_keys) > 0
    error_message = "ssh_public_keys is empty, so nobody could log in. Make a key (ssh-keygen -t ed25519) and give the content of its .pub file."
  }

  validation {
    condition     = alltrue([for key in var.ssh_public_keys : can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com) [A-Za-z0-9+/]+={0,2}( [^\\r\\n]*)?$", key))])
    error_message = "ssh_public_keys holds something that is not a public key. Give the one line of the .pub file, not its path and never the private key."
  }
}

variable "ssh_networks" {
  type        = list(string)
  description = "IPv4 networks that may open SSH connections."

  validation {
    condition     = length(var.ssh_networks) > 0
    error_message = "ssh_networks is empty, so Ansible could not reach the hosts. Give the address you come from, such as 203.0.113.7/32."
  }

  validation {
    condition     = alltrue([for network in var.ssh_networks : can(cidrnetmask(network)) && try(cidrhost(network, 0), "") == split("/", network)[0]])
    error_message = "ssh_networks holds something that is not an IPv4 network. Write address/length with the host's bits zero, such as 203.0.113.7/32 or 203.0.113.0/24."
  }

  validation {
    condition     = var.ssh_open_to_the_world || !anytrue([for network in var.ssh_networks : try(tonumber(split("/", network)[1]) < 8, false)])
    error_message = "ssh_networks opens SSH to (nearly) the whole world. Name the networks you come from, or say ssh_open_to_the_world = true if that is meant."
  }
}

variable "ssh_open_to_the_world" {
  type        = bool
  description = "The explicit yes to a network such as 0.0.0.0/0 in `ssh_networks`."
  default     = false
}

variable "availability_domain" {
  type        = number
  description = "Which of the region's availability domains holds hosts and volumes: 1, 2 or 3. Another one is what to try when this one is out of host capacity."
  default     = 1

  validation {
    condition     = contains([1, 2, 3], var.availability_domain)
    error_message = "availability_domain is a number: 1, 2 or 3. Many regions have one alone."
  }
}

variable "fault_domains" {
  type        = list(string)
  description = "Fault domains that the hosts of a cluster are spread over, in turn. Leave out the one that is out of host capacity. A single host goes where there is room."
  default     = ["FAULT-DOMAIN-1", "FAULT-DOMAIN-2", "FAULT-DOMAIN-3"]

  validation {
    condition     = length(var.fault_domains) > 0 && alltrue([for each in var.fault_domains : can(regex("^FAULT-DOMAIN-[1-3]$", each))])
    error_message = "fault_domains holds something else than FAULT-DOMAIN-1, FAULT-DOMAIN-2 or FAULT-DOMAIN-3. Name at least one of these."
  }
}

variable "shape" {
  type        = string
  description = "Flexible shape of the hosts: VM.Standard.A1.Flex (ARM, Always Free), or an E shape (AMD, 64-bit x86). From ARM to x86 or back every host is made anew; volumes and addresses stay."
  default     = "VM.Standard.A1.Flex"

  validation {
    condition     = can(regex("^VM\\.Standard\\.(A[1-9]|E[3-9])\\.Flex$", var.shape))
    error_message = "shape is not a flexible shape that Matchcast fits. Take VM.Standard.A1.Flex (Always Free) or, for x86, one such as VM.Standard.E5.Flex."
  }
}

variable "image_ocid" {
  type        = string
  description = "OCID of an Ubuntu 24.04 image for the shape; where none is given, the newest at the first start. A newer one never touches a host that is there."
  default     = null

  validation {
    condition     = var.image_ocid == null || can(regex("^ocid1\\.image\\.[a-z0-9-]+\\.[a-z0-9-]*\\..+$", var.image_ocid))
    error_message = "image_ocid is not the OCID of an image. Copy it from Compute > Custom images or Oracle's list of images, or leave it out to take the newest."
  }
}

variable "sizes" {
  type = object({
    site    = optional(object({ ocpus = optional(number, 2), memory_gb = optional(number, 12), boot_gb = optional(number, 50), data_gb = optional(number, 100) }), {})
    kafka   = optional(object({ ocpus = optional(number, 1), memory_gb = optional(number, 6), boot_gb = optional(number, 50), data_gb = optional(number, 100) }), {})
    web     = optional(object({ ocpus = optional(number, 2), memory_gb = optional(number, 8), boot_gb = optional(number, 50), data_gb = optional(number, 50) }), {})
    airflow = optional(object({ ocpus = optional(number, 1), memory_gb = optional(number, 8), boot_gb = optional(number, 50), data_gb = optional(number, 100) }), {})
  })
  description = "Size of each kind of host: `site` is the one of `single`; `kafka`, `web` and `airflow` are those of `cluster`. Volumes may grow later, in place; they never shrink."
  default     = {}

  validation {
    condition     = alltrue([for size in values(var.sizes) : size.ocpus >= 1 && size.ocpus <= 64 && floor(size.ocpus) == size.ocpus])
    error_message = "sizes has a host without a whole number of OCPUs from 1 to 64. Set its ocpus."
  }

  validation {
    condition     = alltrue([for size in values(var.sizes) : size.memory_gb >= 6 && size.memory_gb <= size.ocpus * 64 && floor(size.memory_gb) == size.memory_gb])
    error_message = "sizes has a host whose memory_gb does not fit. Give at least 6 GB, which its services need, and at most 64 GB for each OCPU."
  }

  validation {
    condition     = alltrue([for size in values(var.sizes) : alltrue([for gb in [size.boot_gb, size.data_gb] : gb >= 50 && gb <= 32768 && floor(gb) == gb])])
    error_message = "sizes has a volume that Oracle Cloud does not make. Give boot_gb and data_gb whole numbers from 50 to 32768."
  }
}

variable "data_device" {
  type        = string
  description = "Device path that the data volume is attached at; a change of it would attach anew."
  default     = "/dev/oracleoci/oraclevdb"

  validation {
    condition     = can(regex("^/dev/oracleoci/oraclevd[b-z]$", var.data_device))
    error_message = "data_device is not a consistent device path. Take /dev/oracleoci/oraclevdb, with the leading slash; oraclevda is the boot volume."
  }
}

# --- network --------------------------------------------------------------------------------------

variable "network" {
  type        = string
  description = "IPv4 network of the site. Its lower half is the public subnet, its upper half the private one. Another one makes the network and every host anew; volumes and the public address stay."
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.network)) && try(cidrhost(var.network, 0), "") == split("/", var.network)[0]
    error_message = "network is not an IPv4 network. Write address/length with the host's bits zero, such as 10.0.0.0/16."
  }

  validation {
    condition     = !can(cidrnetmask(var.network)) || try(tonumber(split("/", var.network)[1]) >= 16 && tonumber(split("/", var.network)[1]) <= 26, false)
    error_message = "network has a length that Oracle Cloud or the site does not fit. Take one from /16 to /26."
  }

  validation {
    condition     = !can(cidrnetmask(var.network)) || can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", var.network))
    error_message = "network is not a private one. Take it from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
  }
}

# --- safety ---------------------------------------------------------------------------------------

variable "always_free" {
  type        = bool
  description = "Whether to warn of what goes beyond Always Free; false once you pay."
  default     = true
}

variable "volume_backup_weeks" {
  type        = number
  description = "How many weekly backups of each data volume are kept; 0 makes none. Always Free holds five in all."
  default     = 4

  validation {
    condition     = var.volume_backup_weeks >= 0 && var.volume_backup_weeks <= 52 && floor(var.volume_backup_weeks) == var.volume_backup_weeks
    error_message = "volume_backup_weeks is not a whole number from 0 to 52. Take 4, or 0 for no backups of volumes."
  }
}

variable "backup_bucket" {
  type = object({
    name      = string
    keep_days = optional(number, 30)
  })
  description = "A private bucket that the hosts may write backups to but not delete them from: what is overwritten stays an earlier version. What is older than `keep_days` goes by itself. None where not given; it needs the home region, where policies are made."
  default     = null

  validation {
    condition     = var.backup_bucket == null || can(regex("^[A-Za-z0-9._-]{1,256}$", var.backup_bucket.name))
    error_message = "backup_bucket has a name that Oracle Cloud does not take. Use letters, digits, dots, dashes and underscores, and one that the tenancy does not have yet."
  }

  validation {
    condition     = var.backup_bucket == null || try(var.backup_bucket.keep_days >= 7 && floor(var.backup_bucket.keep_days) == var.backup_bucket.keep_days, false)
    error_message = "backup_bucket keeps backups too short a time. Give keep_days a whole number of at least 7, so that a fault found after the weekend can still be undone."
  }
}

variable "budget" {
  type = object({
    amount  = number
    email   = string
    percent = optional(number, 80)
  })
  description = "A monthly budget, in the account's currency, and who is written to when `percent` of it is forecast to be spent. None where not given."
  default     = null

  validation {
    condition     = var.budget == null || try(var.budget.amount >= 1, false)
    error_message = "budget has an amount below 1. Give what a month may cost, in the account's currency; 1 tells you of the first cost in an Always Free account."
  }

  validation {
    condition     = var.budget == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.budget.email))
    error_message = "budget has no mail address. Give in email who is to be written to: you@example.org"
  }

  validation {
    condition     = var.budget == null || try(var.budget.percent >= 1 && var.budget.percent <= 100, false)
    error_message = "budget has a percent that is none. Give the share of the amount that raises the alarm, from 1 to 100."
  }
}

variable "tags" {
  type        = map(string)
  description = "Free-form tags of all resources, beside `site`, which is the domain."
  default     = {}

  validation {
    condition     = length(var.tags) <= 9 && alltrue([for key, value in var.tags : can(regex("^[^.\\s]{1,100}$", key)) && length(value) <= 256 && key != "site"])
    error_message = "tags holds something that Oracle Cloud does not take. Give at most 9, with keys without spaces and dots and values of up to 256 characters; site is taken."
  }
}

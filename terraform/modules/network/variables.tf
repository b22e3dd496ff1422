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

variable "network" {
  type        = string
  description = "IPv4 network; its lower half is the public subnet, its upper half the private one. Another one makes the network and every host anew."

  validation {
    condition     = can(cidrnetmask(var.network)) && try(tonumber(split("/", var.network)[1]) >= 16 && tonumber(split("/", var.network)[1]) <= 26, false)
    error_message = "network is not an IPv4 network from /16 to /26. Write address/length, such as 10.0.0.0/16."
  }
}

variable "with_private_subnet" {
  type        = bool
  description = "Whether there is a private subnet, with a NAT gateway for what its hosts fetch."
  default     = false
}

variable "ssh_networks" {
  type        = list(string)
  description = "IPv4 networks that may open SSH connections to the public subnet."

  validation {
    condition     = length(var.ssh_networks) > 0 && alltrue([for network in var.ssh_networks : can(cidrnetmask(network))])
    error_message = "ssh_networks has to hold IPv4 networks. Give at least one, such as 203.0.113.7/32."
  }
}

variable "public_subnet_ports" {
  type        = list(number)
  description = "TCP ports of the public subnet that the network's own hosts may reach."
  default     = []

  validation {
    condition     = alltrue([for port in var.public_subnet_ports : port >= 1 && port <= 65535])
    error_message = "public_subnet_ports holds something that is not a port. Give numbers from 1 to 65535."
  }
}

variable "private_subnet_ports" {
  type        = list(number)
  description = "TCP ports of the private subnet that the network's own hosts may reach."
  default     = []

  validation {
    condition     = alltrue([for port in var.private_subnet_ports : port >= 1 && port <= 65535])
    error_message = "private_subnet_ports holds something that is not a port. Give numbers from 1 to 65535."
  }
}

variable "tags" {
  type        = map(string)
  description = "Free-form tags."
  default     = {}
}

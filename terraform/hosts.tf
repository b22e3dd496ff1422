# Which hosts there are, and what each is for: the groups are those that ansible/site.yml takes.
locals {
  compartment_ocid = coalesce(var.compartment_ocid, var.tenancy_ocid)
  tags             = merge({ site = var.domain }, var.tags)

  layouts = {
    single = {
      site = { size = "site", public = true, address = 10, groups = ["kafka", "airflow", "api", "dashboard", "web", "producer"] }
    }
    cluster = {
      web-1     = { size = "web", public = true, address = 10, groups = ["api", "dashboard", "web"] }
      kafka-1   = { size = "kafka", public = false, address = 11, groups = ["kafka", "producer"] }
      kafka-2   = { size = "kafka", public = false, address = 12, groups = ["kafka"] }
      kafka-3   = { size = "kafka", public = false, address = 13, groups = ["kafka"] }
      airflow-1 = { size = "airflow", public = false, address = 14, groups = ["airflow"] }
    }
  }
  layout = local.layouts[var.topology]
  alone  = length(local.layout) == 1

  # Addresses are given rather than drawn, so that Kafka's nodes find each other again after a host was made anew.
  hosts = {
    for name, host in local.layout : name => merge(var.sizes[host.size], {
      public       = host.public
      private_ip   = cidrhost(host.public ? module.network.public_subnet.cidr : module.network.private_subnet.cidr, host.address)
      subnet_id    = host.public ? module.network.public_subnet.id : module.network.private_subnet.id
      fault_domain = local.alone ? null : var.fault_domains[host.address % length(var.fault_domains)]
    })
  }

  # What hosts of one site ask of each other; ansible/group_vars/all/main.yml opens the same on the hosts.
  public_subnet_ports  = local.alone ? [] : [8000, 8011, 8012, 8511, 8512] # web inside, API, dashboard
  private_subnet_ports = local.alone ? [] : [22, 8080, 9092, 9093]         # the way in over web-1, Airflow, Kafka
}

data "oci_identity_availability_domains" "here" {
  compartment_id = var.tenancy_ocid

  lifecycle {
    postcondition {
      condition     = length(self.availability_domains) >= var.availability_domain
      error_message = "${var.region} has ${length(self.availability_domains)} availability domain(s). Set availability_domain to one of these."
    }
  }
}

module "network" {
  source = "./modules/network"

  compartment_ocid     = local.compartment_ocid
  name                 = var.name
  network              = var.network
  with_private_subnet  = !local.alone
  ssh_networks         = var.ssh_networks
  public_subnet_ports  = local.public_subnet_ports
  private_subnet_ports = local.private_subnet_ports
  tags                 = local.tags
}

module "compute" {
  source = "./modules/compute"

  compartment_ocid    = local.compartment_ocid
  name                = var.name
  availability_domain = data.oci_identity_availability_domains.here.availability_domains[var.availability_domain - 1].name
  shape               = var.shape
  image_ocid          = var.image_ocid
  ssh_public_keys     = var.ssh_public_keys
  hosts               = local.hosts
  tags                = local.tags
}

module "storage" {
  source = "./modules/storage"

  tenancy_ocid        = var.tenancy_ocid
  compartment_ocid    = local.compartment_ocid
  region              = var.region
  name                = var.name
  device              = var.data_device
  volumes             = { for name, host in local.hosts : name => { size_gb = host.data_gb, instance = module.compute.instances[name] } }
  volume_backup_weeks = var.volume_backup_weeks
  backup_bucket       = var.backup_bucket
  tags                = local.tags
}

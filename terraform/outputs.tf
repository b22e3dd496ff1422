output "public_address" {
  description = "Reserved address that the domain's A record leads to; it outlives the host."
  value       = one(values(module.compute.public_addresses))
}

output "addresses" {
  description = "Addresses of each host."
  value = {
    for name, host in local.hosts : name => {
      public  = lookup(module.compute.public_addresses, name, null)
      private = host.private_ip
    }
  }
}

output "url" {
  description = "Where the site is, once the A record leads there and `make site` has run."
  value       = "https://${var.domain}/"
}

output "inventory" {
  description = "Inventory that ansible/site.yml takes as it is: `make inventory` writes it."
  value = templatefile("${path.module}/inventory.tftpl", {
    domain     = var.domain
    acme_email = var.acme_email
    alone      = local.alone
    device     = var.data_device
    gate       = one(values(module.compute.public_addresses))
    hosts      = local.hosts
    groups = [
      for group in ["kafka", "airflow", "api", "dashboard", "web", "producer"] : {
        name  = group
        hosts = [for name, host in local.layout : name if contains(host.groups, group) && (group != "producer" || var.simulated_matches)]
      }
    ]
  })
}

output "image_ocid" {
  description = "Image that the hosts were started from; give it as `image_ocid` to start later ones from the same."
  value       = module.compute.image_ocid
}

output "backup_bucket" {
  description = "Namespace and name of the bucket for backups; null without one."
  value       = module.storage.bucket
}

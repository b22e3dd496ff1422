# What Always Free holds since June 2026, in one tenancy.
locals {
  free = { ocpus = 2, memory_gb = 12, storage_gb = 200, volume_backups = 5 }
  used = {
    ocpus          = sum([for host in values(local.hosts) : host.ocpus])
    memory_gb      = sum([for host in values(local.hosts) : host.memory_gb])
    storage_gb     = sum([for host in values(local.hosts) : host.boot_gb + host.data_gb])
    volume_backups = var.volume_backup_weeks * length(local.hosts)
  }
  beyond_free = concat(
    startswith(var.shape, "VM.Standard.A1.") ? [] : ["shape ${var.shape} (free: VM.Standard.A1.Flex)"],
    [for what, most in local.free : "${what} ${local.used[what]} (free: ${most})" if local.used[what] > most],
  )
}

check "always_free" {
  assert {
    condition     = !var.always_free || length(local.beyond_free) == 0
    error_message = "This goes beyond Always Free: ${join(", ", local.beyond_free)}. Lower it (sizes, topology, volume_backup_weeks), or say always_free = false if it may cost."
  }
}

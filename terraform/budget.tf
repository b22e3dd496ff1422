resource "oci_budget_budget" "site" {
  count = var.budget == null ? 0 : 1

  compartment_id = var.tenancy_ocid
  display_name   = var.name
  description    = "What ${var.domain} may cost in a month"
  amount         = var.budget.amount
  reset_period   = "MONTHLY"
  target_type    = "COMPARTMENT"
  targets        = [local.compartment_ocid]
  freeform_tags  = local.tags
}

resource "oci_budget_alert_rule" "forecast" {
  count = var.budget == null ? 0 : 1

  budget_id      = oci_budget_budget.site[0].id
  display_name   = "forecast"
  type           = "FORECAST"
  threshold      = var.budget.percent
  threshold_type = "PERCENTAGE"
  recipients     = var.budget.email
  message        = "${var.domain} is forecast to spend ${var.budget.percent} % of this month's budget."
  freeform_tags  = local.tags
}

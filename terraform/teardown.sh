#!/bin/sh
# Destroys the site with all its data, once the site's name has been typed: a plain `terraform destroy` refuses.
set -e
cd "$(dirname "$0")"
guards=modules/storage/teardown_override.tf

# Without a state `terraform output` prints a warning in the place of the value, and ends with 0.
url=$(terraform output -raw url 2>/dev/null) || url=
case $url in
https://*/) domain=${url#https://} domain=${domain%/} ;;
*)
    echo "✘ There is no site in Terraform's state." >&2
    echo "Try: terraform -chdir=terraform state list" >&2
    exit 1
    ;;
esac
echo "This destroys $domain: its hosts, its data volumes, its bucket of backups, its address."
echo "What is in them is gone. Backups of volumes that were made stay until their time is over."
printf "Type the site's name to go on: "
read -r typed || typed=
if [ "$typed" != "$domain" ]; then
    echo "Nothing was touched." >&2
    exit 1
fi

trap 'rm -f "$guards"' EXIT
trap 'exit 130' INT TERM
cp "$guards.example" "$guards"
terraform destroy -auto-approve "$@"

#!/bin/sh
# Destroys the site with all its data, once the site's name has been typed: a plain `terraform destroy` refuses.
set -e
cd "$(dirname "$0")"
. ./output.sh
guards=modules/storage/teardown_override.tf
probe=modules/storage/teardown_probe.tf

url=$(output url "which site this is; why is said above. Nothing was touched.")
case $url in
https://*/) domain=${url#https://} domain=${domain%/} ;;
*)
    echo "✘ There is no site in Terraform's state." >&2
    echo "Try: terraform -chdir=terraform state list" >&2
    exit 1
    ;;
esac

# What was put beside the configuration goes again, whatever ends this; a shell that hears no signal would leave it.
trap 'rm -f "$guards" "$probe"' EXIT
trap 'exit 130' HUP INT TERM

put_beside() {
    cp "$1.example" "$1" && return
    echo "✘ terraform/$1 cannot be written; why is said above. Nothing was touched." >&2
    echo "Try: make room, or let this user write there; then make teardown" >&2
    exit 1
}

# Oracle deletes no bucket that holds something, and says so once the hosts are gone: it is asked before.
put_beside "$guards"
put_beside "$probe"
if ! terraform plan "$@" -target=module.storage.data.oci_objectstorage_object_versions.backups >/dev/null; then
    echo "✘ The site cannot be torn down yet; why is said above. Nothing was touched." >&2
    exit 1
fi
rm -f "$guards" "$probe"

echo "This destroys $domain: its hosts, its data volumes, its bucket of backups, its address."
echo "What is in them is gone. Backups of volumes that were made stay until their time is over."
printf "Type the site's name to go on: "
read -r typed || typed=
if [ "$typed" != "$domain" ]; then
    echo "Nothing was touched." >&2
    exit 1
fi
put_beside "$guards"
terraform destroy -auto-approve "$@"

#!/bin/sh
# Writes the inventory of the site that is in Terraform's state; one that was written by hand is left alone.
cd "$(dirname "$0")" || exit 1
. ./output.sh
made=../inventory
mark=$(head -1 inventory.tftpl)
if [ -e "$made" ] && [ "$(head -1 "$made")" != "$mark" ]; then
    echo "✘ There is an inventory already, and it was not made from Terraform's state." >&2
    echo "Try: mv inventory inventory.old, then make inventory" >&2
    exit 1
fi
told=$(output inventory "the inventory; why is said above.") || exit 1
if [ "$(echo "$told" | head -1)" != "$mark" ]; then
    echo "✘ There is no site in Terraform's state." >&2
    echo "Try: cd terraform && terraform apply" >&2
    exit 1
fi
if ! printf '%s\n' "$told" >"$made.new" || ! mv "$made.new" "$made"; then
    rm -f "$made.new"
    echo "✘ The inventory could not be written; why is said above. The one that was is as it was." >&2
    echo "Try: make room, or let this user write there; then make inventory" >&2
    exit 1
fi
echo "✔ inventory: $(terraform output -raw url) at $(terraform output -raw public_address)"

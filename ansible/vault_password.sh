#!/bin/sh
# Prints the password of the vault, which lies outside of the checkout; ansible.cfg names this script.
file=${MATCHCAST_VAULT_PASSWORD_FILE:-${XDG_CONFIG_HOME:-$HOME/.config}/matchcast/vault_password}
cat "$file" 2>/dev/null || {
    echo "There is no vault password at $file. Make one, and the secrets with it: make secrets" >&2
    exit 1
}

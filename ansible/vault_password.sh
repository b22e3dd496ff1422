#!/bin/sh
# Prints the password of the vault, which lies outside of the checkout; ansible.cfg names this script.
# Where there is no vault yet nothing is asked of the password, and site.yml says what to do.
file=${MATCHCAST_VAULT_PASSWORD_FILE:-${XDG_CONFIG_HOME:-$HOME/.config}/matchcast/vault_password}
if [ -r "$file" ]; then
    cat "$file"
elif [ -e "$(dirname "$0")/group_vars/all/vault.yml" ]; then
    echo "The secrets are encrypted, and their password is not at $file. Bring it there." >&2
    exit 1
else
    echo none
fi

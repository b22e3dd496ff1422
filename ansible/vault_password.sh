#!/bin/sh
# Prints the password of the vault, which lies outside of the checkout; ansible.cfg names this script.
# Where there is no vault yet nothing is asked of the password, and site.yml says what to do.
file=${MATCHCAST_VAULT_PASSWORD_FILE:-${XDG_CONFIG_HOME:-$HOME/.config}/matchcast/vault_password}
if [ -r "$file" ]; then
    password=$(cat "$file") || exit 1
    if [ -z "$password" ]; then
        echo "The password of the secrets at $file is empty. Bring your copy of it there." >&2
        exit 1
    fi
    printf '%s\n' "$password"
elif [ -e "$(dirname "$0")/group_vars/all/vault.yml" ]; then
    echo "The secrets are encrypted, and their password is not at $file. Bring it there." >&2
    exit 1
else
    echo none
fi

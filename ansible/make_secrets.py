"""Generate every secret of the site into an encrypted file; what is there already stays as it is.

Run by ``make secrets`` in Ansible's environment. Those that are named (``make secrets ANEW=NAME``) are made
anew. The password of the vault is made too when there is none; it lies outside of the checkout, where
``vault_password.sh`` finds it.
"""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret, match_encrypt_secret

VAULT = Path(__file__).resolve().parent / "group_vars/all/vault.yml"
ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for one another."""


def password() -> str:
    """Return 24 letters and digits: 139 bits, fit for any form and shell."""
    return "".join(secrets.choice(ALPHABET) for _ in range(24))


def key() -> str:
    """Return 32 random bytes as text, in the form that Fernet wants."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def long_key() -> str:
    """Return 48 random bytes as 64 letters, digits, - and _: what a signature by HMAC with SHA-512 wants."""
    return secrets.token_urlsafe(48)


def cluster_id() -> str:
    """Return an id as Kafka makes them: 16 random bytes as 22 letters, digits, - and _, no - in front."""
    while True:
        made = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        if not made.startswith("-"):
            return made


SECRETS: Mapping[str, Callable[[], str]] = {
    "vault_kafka_cluster_id": cluster_id,
    "vault_operator_password": password,
    "vault_secret_key": key,
    "vault_airflow_service_password": password,
    "vault_airflow_jwt_secret": long_key,
    "vault_airflow_secret_key": key,
    "vault_airflow_fernet_key": key,
    "vault_postgresql_airflow_password": password,
}
"""Each secret and how it is made; group_vars/all/main.yml says who gets it. (Kafka's id is none, but it too
is made once and has to stay as it is.)"""

NEVER_ANEW = "vault_kafka_cluster_id"
READS_BEFORE = "vault_airflow_fernet_key"
"""What was encrypted with the key before has to be read yet: that one stays behind the new one, with a comma."""


def password_file() -> Path:
    """Return where the password of the vault is kept, as ``vault_password.sh`` has it."""
    named = os.environ.get("MATCHCAST_VAULT_PASSWORD_FILE")
    base = os.environ.get("XDG_CONFIG_HOME")
    return (
        Path(named)
        if named
        else (Path(base) if base else Path.home() / ".config") / "matchcast/vault_password"
    )


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def renew(name: str, before: str | None) -> str:
    """Return a secret made anew."""
    made = SECRETS[name]()
    return f"{made},{before}" if name == READS_BEFORE and before else made


def main() -> int:
    """Make what is missing, and what is wanted anew; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "anew", nargs="*", metavar="NAME", help="a secret to make anew, as `make show-secrets` names it"
    )
    anew: list[str] = parser.parse_args().anew
    if unknown := [name for name in anew if name not in SECRETS or name == NEVER_ANEW]:
        print(
            f"✘ {', '.join(unknown)} cannot be made anew.\n"
            f"  Try: {', '.join(name for name in SECRETS if name != NEVER_ANEW)}",
            file=sys.stderr,
        )
        return 1
    where = password_file()
    if not where.exists():
        if VAULT.exists():
            print(
                f"✘ {VAULT} is encrypted, and its password is not at {where}.\n"
                "  Try: bring the password there (MATCHCAST_VAULT_PASSWORD_FILE names another place), or move the "
                "file aside to make all secrets anew",
                file=sys.stderr,
            )
            return 1
        write_private(where, f"{password()}\n".encode())
        print(f"✔ password   made at {where}: keep a copy, since without it the secrets are lost")
    secret = VaultSecret(where.read_bytes().strip())
    vault = VaultLib([("default", secret)])
    found: dict[str, str] = {}
    if VAULT.exists():
        try:
            found = yaml.safe_load(vault.decrypt(VAULT.read_bytes())) or {}
        except AnsibleError:
            print(
                f"✘ {VAULT} cannot be read with the password at {where}.\n"
                "  Try: bring the password that it was encrypted with",
                file=sys.stderr,
            )
            return 1
    due = {name: renew(name, found.get(name)) for name in SECRETS if name not in found or name in anew}
    if due:
        text = yaml.safe_dump({**found, **due}, sort_keys=True)
        _, encrypt_secret = match_encrypt_secret([("default", secret)])
        write_private(VAULT, vault.encrypt(text, encrypt_secret))
    print(
        f"✔ secrets    {len(due)} made, {len(found.keys() - due)} kept in {VAULT.relative_to(VAULT.parents[3])}"
    )
    print("  To see them: make show-secrets")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Generate every secret of the site into an encrypted file; what is there already stays as it is.

Run by ``make secrets`` in Ansible's environment. Those that are named (``make secrets ANEW=NAME``) are made
anew. The password of the vault is made too when there is none; it lies outside of the checkout, where
``vault_password.sh`` finds it. With ``--try`` nothing is made: it tells whether the secrets can be read.
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import os
import secrets
import shlex
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # Ctrl-C ends it without a word, also while Ansible is loaded
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret, match_encrypt_secret

VAULT = Path(__file__).resolve().parent / "group_vars/all/vault.yml"
ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for one another."""


class Failure(Exception):
    """A sentence on what went wrong, and one on what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


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
    """Return where the password of the vault is kept, as ``vault_password.sh`` has it.

    Raises:
        Failure: it would be elsewhere for a program that runs in another folder.
    """
    named = os.environ.get("MATCHCAST_VAULT_PASSWORD_FILE")
    if named and not Path(named).is_absolute():
        raise Failure(
            f"MATCHCAST_VAULT_PASSWORD_FILE is {named}, which leads elsewhere from another folder.",
            f"MATCHCAST_VAULT_PASSWORD_FILE={Path(named).expanduser().absolute()}",
        )
    base = os.environ.get("XDG_CONFIG_HOME")
    return (
        Path(named)
        if named
        else (Path(base) if base else Path.home() / ".config") / "matchcast/vault_password"
    )


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the vault's folder, so that no two make secrets of which one's are lost."""
    handle = os.open(VAULT.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, whole or not at all; where it is a link, what that leads to.

    Raises:
        Failure: it cannot be written; what was there is as it was.
    """
    path = path.resolve()
    aside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Failure(
            f"{path} cannot be written: {error.strerror}. What was there is as it was.",
            "make room, or let this user write there; then make secrets again",
        ) from error


def read_password(where: Path) -> VaultSecret:
    """Return the vault's password, as Ansible takes it from ``vault_password.sh``.

    Raises:
        Failure: there is none, while the vault is there, or it is empty.
    """
    if not where.exists():
        raise Failure(
            f"{VAULT} is encrypted, and its password is not at {where}.",
            "bring the password there (MATCHCAST_VAULT_PASSWORD_FILE names another place), or move the "
            "file aside to make all secrets anew",
        )
    text = where.read_bytes().strip(b"\r\n")
    if not text.strip():
        raise Failure(
            f"The password at {where} is empty.",
            "bring your copy of it there"
            if VAULT.exists()
            else f"rm {where}, then make secrets, which makes one",
        )
    return VaultSecret(text)


def read_vault(secret: VaultSecret, where: Path) -> dict[str, Any]:
    """Return the secrets that are there, by name; one that is empty is not there.

    Raises:
        Failure: they cannot be read. What is wrong with a line is not told, as it may be a secret.
    """
    try:
        found = yaml.safe_load(VaultLib([("default", secret)]).decrypt(VAULT.read_bytes())) or {}
    except AnsibleError as error:
        raise Failure(
            f"{VAULT} cannot be read with the password at {where}.",
            "bring the password that it was encrypted with; if the file itself is damaged, your copy of it",
        ) from error
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise Failure(
            f"{VAULT}, decrypted, is not `name: value` in lines.",
            "cd ansible && ../.venv-ansible/bin/ansible-vault edit group_vars/all/vault.yml",
        )
    return {name: value for name, value in found.items() if value not in (None, "")}


def renew(name: str, before: str | None) -> str:
    """Return a secret made anew."""
    made = SECRETS[name]()
    return f"{made},{before}" if name == READS_BEFORE and before else made


def make(anew: list[str]) -> None:
    """Make what is missing, and what is wanted anew.

    Raises:
        Failure: that cannot be.
    """
    if unknown := [name for name in anew if name not in SECRETS or name == NEVER_ANEW]:
        raise Failure(
            f"{', '.join(unknown)} cannot be made anew.",
            ", ".join(name for name in SECRETS if name != NEVER_ANEW),
        )
    where = password_file()
    if not where.exists() and not VAULT.exists():
        write_private(where, f"{password()}\n".encode())
        print(f"✔ password   made at {where}: keep a copy, since without it the secrets are lost")
    secret = read_password(where)
    found = read_vault(secret, where) if VAULT.exists() else {}
    due = {name: renew(name, found.get(name)) for name in SECRETS if name not in found or name in anew}
    if due:
        text = yaml.safe_dump({**found, **due}, sort_keys=True)
        _, encrypt_secret = match_encrypt_secret([("default", secret)])
        write_private(VAULT, VaultLib([("default", secret)]).encrypt(text, encrypt_secret))
    print(
        f"✔ secrets    {len(due)} made, {len(found.keys() - due)} kept in {VAULT.relative_to(VAULT.parents[3])}"
    )
    print("  To see them: make show-secrets")


def see() -> None:
    """See that the secrets are there and can be read, and that Ansible will take its settings from here.

    Raises:
        Failure: they are not, or it will not.
    """
    playbooks = VAULT.parents[2]
    if playbooks.stat().st_mode & stat.S_IWOTH:
        raise Failure(
            f"Everybody may write to {playbooks}, so that Ansible takes no settings from there.",
            f"chmod o-w {shlex.quote(str(playbooks))}; under WSL, where that does nothing below /mnt, clone into your "
            "Linux home",
        )
    if not VAULT.exists():
        raise Failure("There are no secrets yet.", "make secrets")
    where = password_file()
    if not where.is_fifo():  # what can be read once is left for Ansible
        read_vault(read_password(where), where)


def main() -> int:
    """Make secrets, or see that they can be read; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "anew", nargs="*", metavar="NAME", help="a secret to make anew, as `make show-secrets` names it"
    )
    parser.add_argument(
        "--try", action="store_true", dest="see", help="see that they can be read; make nothing"
    )
    asked = parser.parse_args()
    try:
        with one_at_a_time():
            if asked.see:
                see()
            else:
                make(asked.anew)
    except Failure as failure:
        print(f"✘ {failure.message}\n  Try: {failure.hint}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"✘ {error.filename or VAULT} cannot be read: {error.strerror}.\n"
            "  Try: see that it is a file which this user may read",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

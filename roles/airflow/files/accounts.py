"""Make accounts of Airflow, or give them passwords and roles: a JSON list of {name, password, role} on stdin.

The commands of Airflow take a password as an argument, which everybody on the host could read.
"""

import json
import sys
from typing import Any

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder


def main() -> None:
    """Do what the accounts on stdin need."""
    with get_application_builder() as builder:
        for account in json.load(sys.stdin):
            keep(builder.sm, account)


def keep(manager: Any, account: dict[str, str]) -> None:
    """Make an account, or give it its password and role."""
    role = manager.find_role(account["role"])
    if role is None:
        sys.exit(f"Airflow has no role {account['role']}.")
    user = manager.find_user(username=account["name"])
    if user is None:
        made = manager.add_user(
            account["name"], account["name"], "Matchcast", f"{account['name']}@localhost", role,
            password=account["password"],
        )  # fmt: skip
        if not made:
            sys.exit(f"Airflow did not take the account {account['name']}.")
    else:
        user.roles = [role]
        manager.update_user(user)
        manager.reset_password(user.id, account["password"])


if __name__ == "__main__":
    main()

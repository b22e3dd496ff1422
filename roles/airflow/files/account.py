"""Make an account of Airflow, or give it its password and role: JSON {name, password, role} on stdin.

The commands of Airflow take a password as an argument, which everybody on the host could read.
"""

import json
import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder


def main() -> None:
    """Do what the account on stdin needs."""
    account = json.load(sys.stdin)
    with get_application_builder() as builder:
        manager = builder.sm
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

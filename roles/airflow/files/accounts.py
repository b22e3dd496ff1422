"""Make accounts of Airflow, or give them passwords and roles; lock those that were made so and are not named now.

On stdin {"keep": […], "lack": […]}: the names of all, and {name, password, role} of those that may not log in.

The commands of Airflow take a password as an argument, which everybody on the host could read.
"""

import json
import sys
from typing import Any

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

OURS = "Matchcast"


def main() -> None:
    """Do what the accounts on stdin need."""
    with get_application_builder() as builder:
        asked = json.load(sys.stdin)
        for account in asked["lack"]:
            keep(builder.sm, account)
        for user in builder.sm.get_all_users():
            if user.last_name == OURS and user.username not in asked["keep"]:
                user.active = False
                builder.sm.update_user(user)


def keep(manager: Any, account: dict[str, str]) -> None:
    """Make an account, or give it its password and role."""
    role = manager.find_role(account["role"])
    if role is None:
        sys.exit(f"Airflow has no role {account['role']}.")
    user = manager.find_user(username=account["name"])
    if user is None:
        made = manager.add_user(
            account["name"], account["name"], OURS, f"{account['name']}@localhost", role,
            password=account["password"],
        )  # fmt: skip
        if not made:
            sys.exit(f"Airflow did not take the account {account['name']}.")
    else:
        user.roles, user.active = [role], True
        manager.update_user(user)
        manager.reset_password(user.id, account["password"])


if __name__ == "__main__":
    main()

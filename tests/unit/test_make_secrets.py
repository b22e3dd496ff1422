"""`ansible/make_secrets.py` on a folder of its own, as `make secrets` runs it: no secret is lost, half, or shown."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ANSIBLE = ROOT / ".venv-ansible/bin"
FULL = 'mount -t tmpfs -o size=16k tmpfs "$0" && cp -p "$1" "$0/vault.yml" && shift && cat /dev/zero >"$0/filler" 2>&-; "$@"'


@dataclass
class Secrets:
    """A checkout's `ansible` folder, and the place of the password."""

    folder: Path

    @property
    def vault(self) -> Path:
        return self.folder / "ansible/group_vars/all/vault.yml"

    @property
    def password(self) -> Path:
        return self.folder / "private/vault_password"

    @property
    def command(self) -> list[str]:
        return [str(ANSIBLE / "python"), str(self.folder / "ansible/make_secrets.py")]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "MATCHCAST_VAULT_PASSWORD_FILE": str(self.password)}

    def make(self, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run it, behind what is to stand before it."""
        return subprocess.run(
            [*before, *self.command, *words], env=self.environment, capture_output=True, text=True, check=False
        )  # fmt: skip

    def encrypt(self, text: str) -> None:
        """Let the vault hold a text."""
        subprocess.run(
            [ANSIBLE / "ansible-vault", "encrypt", "--vault-password-file", self.password, "--output", self.vault],
            input=text, text=True, check=True, capture_output=True,
        )  # fmt: skip

    def left(self) -> list[str]:
        """Return the names of the files in both folders, but for the settings."""
        both = [*self.vault.parent.iterdir(), *self.password.parent.iterdir()]
        return sorted(file.name for file in both if file.name != "main.yml")


def lay_out(folder: Path) -> Secrets:
    """Bring the programs to a folder."""
    secrets = Secrets(folder)
    secrets.vault.parent.mkdir(parents=True)
    secrets.password.parent.mkdir()
    for name in ("make_secrets.py", "vault_password.sh"):
        shutil.copy(ROOT / "ansible" / name, folder / "ansible")
    return secrets


@pytest.fixture
def bare(tmp_path: Path) -> Secrets:
    """Where no secrets have been made."""
    if not (ANSIBLE / "python").exists():
        pytest.skip("there is no .venv-ansible; make ansible makes it")
    return lay_out(tmp_path)


@pytest.fixture(scope="module")
def one_set(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """Secrets made by two that were started at once, to be copied; `said` beside them is what the two said."""
    if not (ANSIBLE / "python").exists():
        pytest.skip("there is no .venv-ansible; make ansible makes it")
    secrets = lay_out(tmp_path_factory.mktemp("secrets"))
    both = [
        subprocess.Popen(secrets.command, env=secrets.environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    secrets.folder.joinpath("said").write_text("".join(one.communicate()[0] for one in both))
    return secrets


@pytest.fixture
def made(one_set: Secrets, bare: Secrets) -> Secrets:
    """Where they have been made."""
    shutil.copy(one_set.vault, bare.vault)
    shutil.copy(one_set.password, bare.password)
    return bare


def test_two_at_once_make_one_set_that_the_password_opens(one_set: Secrets) -> None:
    said = (one_set.folder / "said").read_text()
    assert "✔ secrets    8 made, 0 kept" in said
    assert "✔ secrets    0 made, 8 kept" in said
    assert one_set.left() == ["vault.yml", "vault_password"]


def test_a_disk_that_is_full_leaves_the_secrets_that_were(made: Secrets) -> None:
    copy = made.folder / "copy"
    shutil.copy(made.vault, copy)
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own takes root: unshare --mount")
    look = f'"$@"; code=$?; cmp "{made.vault}" "{copy}" && ls -A "{made.vault.parent}"; exit $code'
    before = (
        "unshare",
        "--mount",
        "sh",
        "-c",
        FULL,
        str(made.vault.parent),
        str(copy),
        "sh",
        "-c",
        look,
        "sh",
    )
    done = made.make("vault_secret_key", before=before)
    assert done.returncode == 1
    assert done.stderr == (
        f"✘ {made.vault} cannot be written: No space left on device. What was there is as it was.\n"
        "  Try: make room, or let this user write there; then make secrets again\n"
    )
    assert done.stdout.split() == ["filler", "vault.yml"]


def test_an_empty_password_encrypts_nothing(bare: Secrets) -> None:
    bare.password.write_text("\n")
    done = bare.make()
    assert (done.returncode, done.stderr) == (
        1,
        f"✘ The password at {bare.password} is empty.\n  Try: rm {bare.password}, then make secrets, which makes one\n",
    )
    assert not bare.vault.exists()
    script = subprocess.run(
        [bare.folder / "ansible/vault_password.sh"], env=bare.environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (script.returncode, script.stdout) == (1, "")
    assert f"{bare.password} is empty" in script.stderr


def test_a_line_that_cannot_be_read_is_not_shown(made: Secrets) -> None:
    made.encrypt("a: [\nkey: known-only-here: x\n")
    done = made.make()
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"✘ {made.vault}, decrypted, is not `name: value` in lines.\n  Try: cd ansible && "
    )
    assert "known-only-here" not in done.stdout + done.stderr


def test_a_secret_that_is_empty_is_made_and_the_others_stay(made: Secrets) -> None:
    made.encrypt("vault_operator_password:\nvault_secret_key: mine\nof_ours: too\n")
    assert "7 made, 2 kept" in made.make().stdout


def test_a_vault_that_is_a_link_stays_one(made: Secrets) -> None:
    kept = made.folder / "kept.yml"
    made.vault.rename(kept)
    made.vault.symlink_to(kept)
    before = kept.read_bytes()
    assert made.make("vault_secret_key").returncode == 0
    assert made.vault.is_symlink()
    assert kept.read_bytes() != before


def test_a_place_of_the_password_that_another_folder_would_not_find_is_refused(bare: Secrets) -> None:
    done = bare.make(before=("env", "MATCHCAST_VAULT_PASSWORD_FILE=private/vault_password"))
    assert done.returncode == 1
    assert "MATCHCAST_VAULT_PASSWORD_FILE is private/vault_password, which leads elsewhere" in done.stderr
    assert bare.left() == []


def test_trying_tells_what_is_missing_and_makes_nothing(bare: Secrets) -> None:
    assert bare.make("--try").stderr == "✘ There are no secrets yet.\n  Try: make secrets\n"
    assert bare.left() == []


def test_a_folder_that_ansible_would_take_no_settings_from_is_told(bare: Secrets) -> None:
    """As below /mnt under WSL; the play would not find its roles, and would not say why."""
    (bare.folder / "ansible").chmod(0o777)
    done = bare.make("--try")
    assert done.returncode == 1
    assert f"Try: chmod o-w {bare.folder}/ansible; under WSL" in done.stderr


def test_another_password_and_a_damaged_file_are_told_with_what_to_do(made: Secrets) -> None:
    whole = made.vault.read_bytes()
    made.vault.write_bytes(whole[:500])
    for _ in range(2):
        done = made.make("--try")
        assert done.returncode == 1
        assert done.stderr == (
            f"✘ {made.vault} cannot be read with the password at {made.password}.\n"
            "  Try: bring the password that it was encrypted with; if the file itself is damaged, your copy of it\n"
        )
        made.vault.write_bytes(whole)
        made.password.write_text("another\n")

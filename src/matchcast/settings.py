"""Settings from the environment: read once at an entry point, then passed down.

Every field is set by ``MATCHCAST_<NAME>``. A secret may instead be kept in a file that
``MATCHCAST_<NAME>_FILE`` names, so that it never stands in an environment or a unit file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from matchcast.errors import InvalidSetting

PREFIX = "MATCHCAST_"


def default_history_dir(settings: dict[str, Any]) -> Path:
    """Return the folder of the history that goes with `state_dir` among the settings read before."""
    folder: Path = settings["state_dir"]
    return folder / "history"


def default_cache_dir() -> Path:
    """Return the user's cache folder for downloads (XDG base directories)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "matchcast"


class Settings(BaseSettings):
    """All settings of all processes, with the defaults of one machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    kafka_broker: str = Field("127.0.0.1:9092", description="Bootstrap servers of Kafka, comma-separated.")
    events_topic: str = Field("live_football_events", description="Topic of the match events.")
    events_partitions: int = Field(
        6, ge=1, le=256, description="Partitions of the events topic when it is made."
    )
    events_retention_hours: int = Field(168, ge=1, description="How long Kafka keeps events.")
    events_retention_bytes: int = Field(
        2 * 1024**3,
        ge=0,
        description="Most bytes that Kafka keeps of each partition of events; 0 leaves it to the broker's own bound.",
    )

    api_host: str = Field("127.0.0.1", description="Address that the model API binds.")
    api_port: int = Field(8000, ge=0, le=65535, description="Port of the model API.")
    api_workers: int = Field(1, ge=1, le=64, description="Worker processes of the model API.")
    api_url: str = Field("http://127.0.0.1:8000", description="Where the dashboard finds the model API.")
    api_urls: str | None = Field(
        None,
        description="Model API of each host, comma-separated, that must serve a new champion; unset: the one.",
    )

    dashboard_host: str = Field("127.0.0.1", description="Address that the dashboard binds.")
    dashboard_port: int = Field(8501, ge=0, le=65535, description="Port of the dashboard.")
    max_streams: int = Field(
        600, ge=1, description="Open event streams of a dashboard; past it clients poll."
    )
    trusted_proxies: int = Field(0, ge=0, le=8, description="Reverse proxies in front of the dashboard.")

    airflow_url: str | None = Field(
        None, description="Where the dashboard finds Airflow; unset: its routes answer 503."
    )
    airflow_public_url: str | None = Field(
        None, description="Where a visitor's browser finds Airflow; unset: the same."
    )
    airflow_user: str = Field("dashboard", description="The dashboard's own account in Airflow.")
    airflow_password: SecretStr | None = Field(None, description="Password of that account.")
    airflow_port: int = Field(
        8080, ge=0, le=65535, description="Port of the Airflow that the local system starts."
    )

    operator_password: SecretStr | None = Field(
        None, description="The operator's password; unset: nobody may act."
    )
    secret_key: SecretStr | None = Field(
        None, description="Key that signs sessions; shared by all slots and hosts."
    )

    model: Path | None = Field(
        None, description="A model artefact to serve instead of the package's champion."
    )
    state_dir: Path = Field(
        Path(".matchcast"), description="Folder of all that is kept: Kafka, checkpoints, logs."
    )
    cache_dir: Path = Field(
        default_factory=default_cache_dir,
        description="Folder of downloads; by default `matchcast` in the user's cache folder.",
    )

    history_dir: Path = Field(
        default_factory=default_history_dir,
        description="Folder of the history, of events and matches that are over; by default `history` in the "
        "state folder.",
    )
    origin_url: str | None = Field(
        None, description="Mirror that open data is fetched from; unset: the origins' own hosts."
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged."
    )
    log_format: Literal["auto", "text", "json"] = Field(
        "auto", description="Form of the log lines; auto: text on a terminal, else JSON."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments first, then variables, then the files that variables name."""
        return init_settings, env_settings, _SecretFiles(settings_cls)


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads ``MATCHCAST_<NAME>_FILE`` for each secret field."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        if path is None or not is_secret(field):
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise InvalidSetting(
                f"{PREFIX}{field_name.upper()}_FILE names {path}, which cannot be read: {error.strerror}.",
                hint="name a file that this user may read, or unset the variable",
            ) from error
        except UnicodeDecodeError as error:
            raise InvalidSetting(
                f"{PREFIX}{field_name.upper()}_FILE names {path}, which is not text.",
                hint="name the file that holds the secret itself",
            ) from error

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, _ = self.get_field_value(field, name)
            if value is not None:
                found[key] = value
        return found


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is a secret, which a file may hold and nothing shows."""
    return "SecretStr" in str(field.annotation)


def load(**overrides: Any) -> Settings:
    """Read the settings; arguments that are not None win over the environment.

    Raises:
        InvalidSetting: a variable has a value that cannot be used; the message names it.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        problem = error.errors()[0]
        name = f"{PREFIX}{str(problem['loc'][0]).upper()}"
        raise InvalidSetting(
            f"{name} is {problem['input']!r}: {problem['msg']}.", hint=f"correct {name} or unset it"
        ) from error


def describe(settings: Settings) -> Iterable[tuple[str, str, str, str]]:
    """Yield (variable, value, origin, description) of each setting, with secrets redacted."""
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        value = getattr(settings, name)
        if variable in os.environ:
            origin = "environment"
        elif is_secret(field) and f"{variable}_FILE" in os.environ:
            origin = f"{variable}_FILE"
        else:
            origin = "default"
        shown = "(set)" if isinstance(value, SecretStr) else "" if value is None else str(value)
        yield variable, shown, origin, field.description or ""


def markdown_table() -> str:
    """Return the table of all settings that the README shows."""
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None or field.default_factory else f"`{field.default}`"
        variable = f"`{PREFIX}{name.upper()}`"
        if is_secret(field):
            variable += f" or `{PREFIX}{name.upper()}_FILE`"
        rows.append(f"| {variable} | {default} | {field.description} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(markdown_table() + "\n")

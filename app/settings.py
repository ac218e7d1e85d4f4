"""The only module that reads the environment. Every setting is documented in docs/settings.md (a test compares)."""

from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """What an operator may set; the defaults make a demonstration on one machine work as it is.

    `DATABASE_URL*` carry no prefix because every platform sets them so; all others start with `CA_`.
    """

    model_config = SettingsConfigDict(env_prefix="CA_", extra="ignore", frozen=True, populate_by_name=True)

    database_url: str | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL (15 or newer) as its owner role; unset: the embedded server.",
    )
    database_url_rw: str | None = Field(
        None, validation_alias="DATABASE_URL_RW", description="The role of tenant work."
    )
    database_url_public: str | None = Field(
        None, validation_alias="DATABASE_URL_PUBLIC", description="The role that reads published data only."
    )
    database_url_monitor: str | None = Field(
        None, validation_alias="DATABASE_URL_MONITOR", description="The role of the national body."
    )
    database_url_worker: str | None = Field(
        None, validation_alias="DATABASE_URL_WORKER", description="The role that fetches and finishes jobs."
    )
    database_url_auth: str | None = Field(
        None, validation_alias="DATABASE_URL_AUTH", description="The role that reads accounts and sessions."
    )
    database_url_auditor: str | None = Field(
        None, validation_alias="DATABASE_URL_AUDITOR", description="The role that seals the audit log."
    )
    database_url_backup: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL_BACKUP",
        description="A superuser, or a role with BYPASSRLS, of a database of your own: for `backup` and `restore` only.",
    )
    pg_bin: Path | None = Field(
        None,
        validation_alias="PG_BIN",
        description="Folder of PostgreSQL's programs for the embedded server; unset: those of the wheel.",
    )
    role_prefix: str = Field(
        "", description="Prefix of the database roles, which belong to the whole cluster."
    )
    state_folder: Path = Field(
        Path("var"), description="Folder of the embedded database, its secrets and locally stored files."
    )
    tenants_folder: Path = Field(Path("tenants"), description="Folder of the declared tenants.")
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the server listens on.")
    public_url: str | None = Field(
        None,
        description="Scheme and host under which the world sees the service; unset: taken from the request.",
    )
    hosts: str = Field(
        "",
        description="Further host names of the whole service, separated by commas, besides this machine's and that "
        "of `CA_PUBLIC_URL`; tenants declare their own, and any other answers 404.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses whose X-Forwarded-* headers are believed, separated by commas."
    )
    secure_cookies: bool = Field(
        default=False, description="Send cookies over https only; set it wherever https is."
    )
    environment: Literal["development", "production"] = Field(
        "production", description="`development` adds the component page and readable logs."
    )
    national_name: str = Field(
        "Órgano nacional de transparencia",
        description="Name of the national body: it changes, so it is data.",
    )
    contact_email: str = Field(
        "datos@contrataciones.example",
        description="Where users of the published data and its profile write to.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that is logged."
    )
    keys: SecretStr | None = Field(
        None,
        description="Keys for stored secrets and signed links, `identifier:base64` of 32 bytes each, separated by "
        "commas, the newest first; unset: those of the file.",
    )
    keys_file: Path | None = Field(
        None,
        description="File with those keys, one a line; unset: `secrets/keys` of the state folder, made when missing.",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="Mail server: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465` (TLS) or "
        "`smtp+plain://host:25` (not encrypted); unset: letters wait and nothing is sent.",
    )
    mail_from: str = Field(
        "", description="Address that letters are sent from; needed where `CA_SMTP_URL` is set."
    )
    storage_url: str | None = Field(
        None,
        description="Where files are kept: `s3://bucket/folder`; unset: the folder `files` of the state folder.",
    )
    storage_endpoint: str | None = Field(
        None, description="Address of an S3-like store that is not Amazon's, with its scheme."
    )
    storage_region: str = Field("us-east-1", description="Region of the store.")
    storage_key: SecretStr | None = Field(
        None, description="Access key of the store; unset: what the machine itself is granted."
    )
    storage_secret: SecretStr | None = Field(None, description="Secret of that access key.")
    attachment_limit: int = Field(
        50_000_000, gt=0, description="Largest file, in bytes, that is attached to a process."
    )
    clamd: str | None = Field(
        None,
        description="Where clamd listens: `tcp://host:port` or `unix:/path`; unset: files are not scanned for viruses.",
    )
    outgoing_allow: str = Field(
        "",
        description="`host:port` of this network that the service may call though they are not public, separated by "
        "commas; without it, it calls public addresses only, on ports 80 and 443.",
    )
    pnt_url: str = Field(
        "",
        description="Address of the PNT's web service, up to what precedes `sipot-web/`; unset: bodies upload workbooks.",
    )
    upload_limit: int = Field(
        2 * 1024 * MEBIBYTE, gt=0, description="Largest file, in bytes, that an import takes."
    )
    unpacked_limit: int = Field(
        8 * 1024 * MEBIBYTE, gt=0, description="Most bytes that a compressed import may unpack to."
    )
    element_limit: int = Field(
        32 * MEBIBYTE, gt=0, description="Largest single release, in bytes, inside an import."
    )
    body_limit: int = Field(
        2 * MEBIBYTE, gt=0, description="Largest request body, in bytes, where no file is expected."
    )
    session_idle_minutes: int = Field(60, gt=0, description="A session ends after so many minutes unused.")
    session_hours: int = Field(12, gt=0, description="A session ends after so many hours in any case.")
    session_kept_days: int = Field(
        90, ge=1, description="Sessions that ended are forgotten after so many days."
    )
    login_attempts: int = Field(
        8, gt=0, description="Failed sign-ins per account or address within the window before a pause."
    )
    login_window_minutes: int = Field(15, gt=0, description="Length of that window, in minutes.")
    metrics_token: SecretStr | None = Field(
        None, description="Who asks `/metrics` must send it as `Authorization: Bearer …`; unset: nobody may."
    )
    fair_requests: int = Field(
        1200, ge=0, description="Requests that one client address may make within a minute; 0: any number."
    )
    fair_known_requests: int = Field(
        12_000,
        ge=0,
        description="The same for known harvesters, and for who sends a session or a token of this service.",
    )
    fair_known: str = Field(
        "kingfisher",
        description="Known harvesters, separated by commas: networks, or how their user agent begins.",
    )
    fair_uncounted: str = Field(
        "127.0.0.0/8, ::1",
        description="Networks whose requests are never limited: this machine, and proxies that name no client.",
    )
    connections: int = Field(
        2000, ge=1, description="Connections that one process holds at once; further ones are answered 503."
    )
    threads: int = Field(8, ge=1, le=12, description="Threads of one process that work on pages.")
    worker_concurrency: int = Field(2, ge=1, le=12, description="Jobs that one worker runs at once.")
    hot_bytes: int = Field(
        64 * MEBIBYTE, ge=0, description="Bytes of published answers one process keeps in memory."
    )
    downloads_seconds: int = Field(
        60,
        ge=0,
        description="What a tenant publishes stands in its files for download after so many seconds; 0: this process "
        "makes none.",
    )
    downloads_national_seconds: int = Field(
        900,
        ge=1,
        description="Files for download of all tenants together are renewed no sooner than so many seconds after the last "
        "time; a withdrawal renews them at once.",
    )
    webhooks: bool = Field(
        default=True,
        description="Whether this process's worker sends what changed to those who asked for it.",
    )
    embedded_worker: bool = Field(
        default=False, description="Run the jobs inside the server process (the demonstration does)."
    )

    @property
    def mail_is_sent(self) -> bool:
        """Whether a mail server is named; without one letters wait."""
        return self.smtp_url is not None and bool(self.smtp_url.get_secret_value())

    @property
    def national_hosts(self) -> frozenset[str]:
        """The host names, without ports, under which the whole service is asked."""
        named = [name.strip().lower() for name in self.hosts.split(",")]
        own = urlsplit(self.public_url or "").hostname
        return frozenset(name for name in [*named, own, self.host] if name)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()

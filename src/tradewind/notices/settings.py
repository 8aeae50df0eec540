"""Settings of the notices room: how often it looks, by which ways it tells, and the chat's manners."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tradewind.domain.notice import Language, NoticeKind
from tradewind.errors import ConfigError
from tradewind.kernel.settings import SECRET
from tradewind.notices.signing import HookKind

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
ROBOT_HOSTS: Final = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn")


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server. Without a host nobody is sent e-mail.

    Raises: ConfigError: a password would travel unprotected, or there is no sender.
    """

    host: Annotated[str, Meta(max_length=255, description="mail server; empty: notices come on the page alone")] = ""
    port: Annotated[int, Meta(ge=1, le=65_535, description="its port: 587 for starttls, 465 for tls")] = 587
    security: Annotated[
        Literal["starttls", "tls", "plain"],
        Meta(
            description="starttls: encrypted before anything else is said, or not at all; tls: from the first byte; "
            "plain: for a server on this machine alone"
        ),
    ] = "starttls"
    user: Annotated[str, Meta(max_length=255, description="name to sign in with; empty: without")] = ""
    password: Annotated[
        str,
        Meta(description="its password; best in TRADEWIND_NOTICES__SMTP__PASSWORD", extra={SECRET: True}),
    ] = ""
    sender: Annotated[str, Meta(max_length=255, description="address that letters come from")] = ""
    sender_name: Annotated[str, Meta(max_length=100, description="name beside it")] = "Tradewind"
    ca_file: Annotated[
        str, Meta(description="authorities to trust (PEM), for a server with a certificate of the house's own")
    ] = ""
    timeout_s: Annotated[float, Meta(gt=0, le=120, description="seconds one letter may take")] = 20.0

    def __post_init__(self) -> None:
        """Refuse what would send a password, or what people are told, for everybody to read."""
        if not self.host:
            return
        if self.security == "plain" and self.host not in _LOOPBACK:
            message = f"notices.smtp.security may be plain only on this machine, and notices.smtp.host is {self.host}"
            raise ConfigError(message)
        if not self.sender:
            message = "notices.smtp.sender must be the address that letters come from, was empty"
            raise ConfigError(message)

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"SmtpSettings({self.host!r}, {self.port}, {self.security})"


class HookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group's robot, or a program that wants to hear.

    Raises: ConfigError: it has no address, or two; a program's requests would not be signed.
    """

    name: Annotated[
        str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$", description="its name among the channels; not email or page")
    ]
    kind: HookKind
    url: Annotated[str, Meta(max_length=2_000, description="https address; it may hold a key, so it is a secret")] = ""
    url_env: Annotated[str, Meta(max_length=100, description="environment variable that holds the address")] = ""
    secret_env: Annotated[str, Meta(max_length=100, description="environment variable that holds the secret")] = ""
    secret_file: Annotated[str, Meta(description="file that holds the secret")] = ""
    kinds: Annotated[
        tuple[NoticeKind, ...], Meta(description="kinds it is told; empty: all but what is for one person alone")
    ] = ()
    products: Annotated[
        tuple[str, ...], Meta(description="products it is told of; empty: all, and what belongs to none")
    ] = ()
    language: Language = "zh"

    def __post_init__(self) -> None:
        """Refuse what cannot be told, or not so that the other side can be sure who tells."""
        where = f"notices.hooks {self.name!r}"
        if self.name in {"email", "page"}:
            message = f"{where}: the name is taken; choose another"
            raise ConfigError(message)
        if bool(self.url) == bool(self.url_env):
            message = f"{where}: exactly one of url and url_env must say where to"
            raise ConfigError(message)
        if self.secret_env and self.secret_file:
            message = f"{where}: only one of secret_env and secret_file may say the secret"
            raise ConfigError(message)
        if self.kind == "webhook" and not (self.secret_env or self.secret_file):
            message = f"{where}: a webhook is signed; secret_env or secret_file must say with what"
            raise ConfigError(message)

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"HookSettings({self.name!r}, {self.kind})"


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The chat."""

    edit_s: Annotated[
        int, Meta(ge=0, le=86_400, description="seconds in which somebody may change or take back their own message")
    ] = 300
    rate: Annotated[int, Meta(ge=1, le=1_000, description="messages one person may write within rate_s")] = 10
    rate_s: Annotated[float, Meta(gt=0, le=3_600, description="seconds that rate counts in")] = 10.0


class NoticeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Notices and chat."""

    enabled: Annotated[bool, Meta(description="run the room where there is a store of record")] = True
    poll_ms: Annotated[int, Meta(ge=10, le=60_000, description="how often the journal is looked at for news")] = 250
    batch: Annotated[int, Meta(ge=1, le=5_000, description="entries of the journal told in one transaction")] = 4_000
    smtp: SmtpSettings = SmtpSettings()
    hooks: Annotated[
        tuple[HookSettings, ...],
        Meta(
            description="robots of groups (wecom, dingtalk, feishu) and programs (webhook): name, kind, url or "
            "url_env, secret_env or secret_file, kinds, products, language",
            extra={SECRET: True},
        ),
    ] = ()
    hook_hosts: Annotated[
        tuple[str, ...], Meta(description="hosts that addresses of hooks may name; redirects are never followed")
    ] = ROBOT_HOSTS
    hook_ca_file: Annotated[
        str, Meta(description="authorities to trust for hooks (PEM), beside those of the system")
    ] = ""
    hook_timeout_s: Annotated[float, Meta(gt=0, le=60, description="seconds one request to a hook may take")] = 10.0
    email_cap: Annotated[
        int, Meta(ge=1, le=1_000, description="e-mails to one person within email_cap_s; more come as one digest")
    ] = 20
    email_cap_s: Annotated[float, Meta(gt=0, le=86_400, description="seconds that email_cap counts in")] = 3_600.0
    hook_cap: Annotated[int, Meta(ge=1, le=1_000, description="messages to one hook within a minute")] = 15
    tries: Annotated[
        int, Meta(ge=1, le=100, description="times a message may be put off by the other side before it is given up")
    ] = 10
    give_up_h: Annotated[
        float, Meta(gt=0, le=8_760, description="hours after which what was never sent is given up")
    ] = 72.0
    rest_after: Annotated[
        int, Meta(ge=1, le=100, description="failures in a row after which a channel rests, longer each time")
    ] = 3
    claim_s: Annotated[
        int, Meta(ge=5, le=3_600, description="seconds after which a message whose sender fell silent is sent again")
    ] = 120
    alert_again_s: Annotated[
        float, Meta(ge=0, description="seconds before the same kind of risk alert of the same contract is told again")
    ] = 600.0
    keep_days: Annotated[int, Meta(ge=1, le=3_650, description="days that notices and sent messages are kept")] = 90
    keep_notices: Annotated[int, Meta(ge=10, le=1_000_000, description="notices kept for one person")] = 2_000
    hours_id: Annotated[
        str, Meta(min_length=1, description="trading hours meant by `only while something is traded` (sessions.json)")
    ] = "night_0230"
    chat: ChatSettings = ChatSettings()

    def __post_init__(self) -> None:
        """Refuse two channels of one name, and claims that end before a try does."""
        names = [hook.name for hook in self.hooks]
        if len(set(names)) != len(names):
            message = f"notices.hooks must have different names, were {', '.join(names)}"
            raise ConfigError(message)
        longest = max(self.smtp.timeout_s, self.hook_timeout_s)
        if self.claim_s <= longest:
            message = f"notices.claim_s must be longer than one try may take ({longest:g} s), was {self.claim_s}"
            raise ConfigError(message)

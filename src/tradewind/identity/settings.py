"""Settings of the identity room."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tradewind.kernel.settings import SECRET


class PasswordSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Passwords kept here: what they must be, and how dear it is to guess them (Argon2id)."""

    min_length: Annotated[int, Meta(ge=8, le=128, description="Characters a password has at least.")] = 12
    memory_kib: Annotated[
        int, Meta(ge=19_456, le=1_048_576, description="Memory one hash takes, in KiB; more makes guessing dearer.")
    ] = 19_456
    passes: Annotated[int, Meta(ge=2, le=100, description="Times a hash goes over that memory.")] = 2
    at_once: Annotated[
        int, Meta(ge=1, le=64, description="Hashes computed at the same time; each takes a processor and the memory.")
    ] = 2
    waiting: Annotated[
        int, Meta(ge=1, le=10_000, description="Sign-ins that may wait for their hash; one more is told to come back.")
    ] = 32


class LdapSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The directory server that judges passwords of people who are not kept here; empty url: none."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^(|ldaps?://[^/\s]+)$",
            description="`ldaps://host[:636]`, or `ldap://host[:389]`, which begins TLS before anything else is said; "
            "there is no way without TLS. Empty: no directory server.",
        ),
    ] = ""
    ca_file: Annotated[
        str, Meta(description="Certificates that may vouch for the server (PEM); empty: those of the system.")
    ] = ""
    bind_dn: Annotated[str, Meta(description="Account that looks people up; it needs to read only.")] = ""
    password: Annotated[
        str,
        Meta(
            description="Password of that account; from the environment, TRADEWIND_ACCESS__LDAP__PASSWORD",
            extra={SECRET: True},
        ),
    ] = ""
    base: Annotated[str, Meta(description="Where people are looked for: `ou=people,dc=desk,dc=example`.")] = ""
    object_class: Annotated[str, Meta(min_length=1, description="What a person's entry is.")] = "person"
    username: Annotated[str, Meta(min_length=1, description="Attribute people sign in by; AD: sAMAccountName.")] = "uid"
    english_name: Annotated[str, Meta(min_length=1, description="Attribute of the English name.")] = "cn"
    chinese_name: Annotated[str, Meta(min_length=1, description="Attribute of the Chinese name.")] = "displayName"
    email: Annotated[str, Meta(min_length=1, description="Attribute of the mail address.")] = "mail"
    member_of: Annotated[
        str, Meta(min_length=1, description="Attribute of a person that names the groups, where the server keeps one.")
    ] = "memberOf"
    groups_base: Annotated[
        str, Meta(description="Where groups that list their members are looked for; empty: `member_of` alone counts.")
    ] = ""
    group_member: Annotated[str, Meta(min_length=1, description="Attribute of a group that lists members.")] = "member"
    locked: Annotated[
        tuple[str, ...],
        Meta(
            description="Attributes that, when present and not FALSE, say that an account is shut; AD's "
            "userAccountControl is read by its bit."
        ),
    ] = ("pwdAccountLockedTime", "nsAccountLock", "userAccountControl")
    timeout_s: Annotated[float, Meta(gt=0, le=30, description="Seconds one sign-in may take there in all.")] = 3.0
    check_s: Annotated[
        int, Meta(ge=10, le=86_400, description="Seconds between two looks at whether people are still there.")
    ] = 300

    def __repr__(self) -> str:
        """Show what may be shown."""
        return f"LdapSettings(url={self.url!r}, base={self.base!r})"


class AccessSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may come in, from where, and for how long."""

    seed_clients: Annotated[
        Literal["loopback", "token"],
        Meta(
            description="Clients of the replaced systems (GET /opportunities, /health, /gateway/health, the WebSocket "
            "/ws/opportunities, and the quotes port): `loopback` lets programs on this machine in without a token, "
            "`token` nobody."
        ),
    ] = "loopback"
    hosts: Annotated[
        tuple[str, ...],
        Meta(description="Further names this server is reached by, as the Host header has them: `desk.example:8888`."),
    ] = ()
    origins: Annotated[
        tuple[str, ...],
        Meta(description="Further pages that may use it from a browser: scheme, host and port, nothing else."),
    ] = ()
    cookie: Annotated[
        Literal["host", "plain"],
        Meta(
            description="`host`: the strict __Host- cookie, which needs https or a loopback address; `plain`: for "
            "browsers that refuse it on loopback (Safari); only while listening on loopback."
        ),
    ] = "host"
    installation: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_]{0,40}$",
            description="What tells this installation from others under the same host name, in the name of its cookie: "
            "browsers send cookies to every port of a host, and of two cookies of one name the later stays. Empty: the "
            "port people find it at (`gateway.port` behind Nginx or with bus.kind=redis, else `api.port`) unless that "
            "is 8888, which no word says. To be said where a proxy or a container gives several installations of one "
            "port other ports of one host; the same for all processes of an installation. A change signs everybody out "
            "once.",
        ),
    ] = ""
    session_idle_s: Annotated[
        int, Meta(ge=60, le=604_800, description="A browser session ends after this long without use.")
    ] = 1_800
    session_absolute_s: Annotated[
        int, Meta(ge=60, le=2_592_000, description="A browser session ends this long after signing in, used or not.")
    ] = 43_200
    max_sessions: Annotated[
        int,
        Meta(ge=1, le=10_000, description="Browser sessions of one user; one more ends the one unused for longest."),
    ] = 64
    lockout_after: Annotated[
        int,
        Meta(
            ge=1,
            le=100,
            description="Wrong tokens or passwords, by address and by account, before there is a wait between tries.",
        ),
    ] = 5
    lockout_first_s: Annotated[
        int, Meta(ge=1, le=60, description="First wait after too many wrong tokens; it doubles with each further one.")
    ] = 1
    lockout_max_s: Annotated[int, Meta(ge=1, le=3_600, description="Longest wait after wrong tokens.")] = 300
    lockout_addresses: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Addresses remembered; one more forgets the one quiet for longest.")
    ] = 10_000
    refresh_s: Annotated[
        float,
        Meta(gt=0, le=0.5, description="How often a process looks whether another changed users, rights or sessions."),
    ] = 0.25
    ticket_s: Annotated[int, Meta(ge=5, le=300, description="A ticket for a socket is good for this long.")] = 30
    key_days: Annotated[int, Meta(ge=1, le=3_660, description="An API key is good for this many days at most.")] = 366
    keys_per_user: Annotated[int, Meta(ge=1, le=1_000, description="API keys one user may have.")] = 20
    key_file: Annotated[
        str,
        Meta(
            description="Key that seals second factors in the store, made when it is missing; empty: identity.key in "
            "data_dir. Processes on several machines need the same file."
        ),
    ] = ""
    passwords: PasswordSettings = PasswordSettings()
    ldap: LdapSettings = LdapSettings()

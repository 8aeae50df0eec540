"""To whom Alertmanager sends what: critical at once and again every hour, warnings gathered; both to the same doors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradewind.runtime.settings import TradewindSettings


SMTP_PASSWORD: Final = "smtp-password"  # noqa: S105 - the name of a file
"""The file beside `alertmanager.yml` that holds the mail server's password; put there by the operator, 0600."""


def alertmanager_config(
    settings: TradewindSettings, *, mail_to: Sequence[str], webhooks: Sequence[str]
) -> dict[str, Any]:
    """Return `alertmanager.yml`: mail by the server of `notices.smtp`, its password from a file, and webhooks.

    Without either everything is kept where Alertmanager's own page shows it.

    Raises: ConfigError: mail is wanted and there is no mail server.
    """
    if mail_to and not settings.notices.smtp.host:
        message = "alerts by mail need notices.smtp.host and notices.smtp.sender"
        raise ConfigError(message)
    receiver: dict[str, Any] = {"name": "operators"}
    if webhooks:
        receiver["webhook_configs"] = [{"url": url, "send_resolved": True} for url in webhooks]
    if mail_to:
        receiver["email_configs"] = [{"to": address, "send_resolved": True, **_mail(settings)} for address in mail_to]
    return {
        "route": {
            "receiver": "operators",
            "group_by": ["alertname", "service"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
            "routes": [
                {
                    "matchers": ['severity="critical"'],
                    "receiver": "operators",
                    "group_wait": "5s",
                    "group_interval": "1m",
                    "repeat_interval": "1h",
                }
            ],
        },
        # A process that is gone tells nothing more of itself: what it told last would only repeat that.
        "inhibit_rules": [
            {
                "source_matchers": ['alertname="TradewindServiceDown"'],
                "target_matchers": ['severity="warning"'],
                "equal": ["instance"],
            },
            {
                "source_matchers": ['alertname="TradewindDiskFull"'],
                "target_matchers": ['alertname="TradewindDiskFilling"'],
                "equal": ["instance"],
            },
        ],
        "receivers": [receiver],
    }


def _mail(settings: TradewindSettings) -> dict[str, Any]:
    smtp = settings.notices.smtp
    found: dict[str, Any] = {
        "from": smtp.sender,
        "smarthost": f"{smtp.host}:{smtp.port}",
        "require_tls": smtp.security == "starttls",
    }
    if smtp.user:
        found |= {"auth_username": smtp.user, "auth_password_file": SMTP_PASSWORD}
    if smtp.ca_file:
        found["tls_config"] = {"ca_file": smtp.ca_file}
    return found

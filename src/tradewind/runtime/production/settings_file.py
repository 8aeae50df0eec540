"""`tradewind.toml` of a production set: where everything is and as whom; written once, the operator's from then on."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tradewind.kernel.settings import load, value_at
from tradewind.kernel.settings_doc import as_toml
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.production.databases import DATABASE, USER
from tradewind.runtime.production.partners import GROUPS, MAIL_ADDRESS, MAIL_USER, PEOPLE, READER
from tradewind.runtime.production.plan import HOST, NAME
from tradewind.runtime.production.servers import present
from tradewind.runtime.settings import TradewindSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.runtime.production.plan import Plan

_START_S: Final = 180
_HEAD: Final = """\
# Made by `tradewind production up`, which never writes it again: it is yours. It holds passwords (mode 0600).
# docs/config.md names every setting; after a change: tradewind restart --config {file}

"""


def ensure_settings_file(plan: Plan, more: Sequence[str]) -> bool:
    """Write it where there is none, with `more` (`KEY=VALUE` each) over what is usual; tell whether it was written.

    Raises: ConfigError: `more` is no setting, or the file cannot be written.
    """
    if plan.config.exists():
        return False
    loaded = load(TradewindSettings, flags=[*_usual(plan), *more])
    lines = (f"{path} = {as_toml(value_at(loaded.settings, path))}\n" for path in loaded.origins)
    write_private(plan.config, _HEAD.format(file=plan.config) + "".join(lines))
    return True


def _usual(plan: Plan) -> Iterator[str]:
    ports, passwords = plan.ports, plan.passwords
    yield f"data_dir={plan.home / 'var'}"
    yield "bus.kind=redis"
    yield f"bus.url=redis://{USER}@{HOST}:{ports['redis']}/0"
    yield f"bus.password={passwords['redis']}"
    yield f"store.url=mysql://{USER}@{HOST}:{ports['mariadb']}/{DATABASE}"
    yield f"store.password={passwords['mariadb']}"
    if any(server.name == "documents" for server in present(plan)):
        user = f"{USER}:{quote(passwords['documents'], safe='')}"
        yield f"documents.url=mongodb://{user}@{HOST}:{ports['documents']}/?authSource=admin&directConnection=true"
    yield f"access.ldap.url=ldaps://{NAME}:{ports['ldap']}"
    yield f"access.ldap.ca_file={plan.authority}"
    yield f"access.ldap.bind_dn={READER}"
    yield f"access.ldap.password={passwords['ldap_reader']}"
    yield f"access.ldap.base={PEOPLE}"
    yield f"access.ldap.groups_base={GROUPS}"
    yield f"notices.smtp.host={NAME}"
    yield f"notices.smtp.port={ports['smtp']}"
    yield f"notices.smtp.user={MAIL_USER}"
    yield f"notices.smtp.password={passwords['smtp']}"
    yield f"notices.smtp.sender={MAIL_ADDRESS}"
    yield f"notices.smtp.ca_file={plan.authority}"
    yield "gateway.enabled=true"
    if os.geteuid() == 0:
        # As somebody else its workers could not read a page that was built in root's home.
        yield f"gateway.user={getpass.getuser()}"
    yield "control.enabled=true"
    # All of them start at once, the first time with nothing compiled.
    yield f"services.start_s={_START_S}"

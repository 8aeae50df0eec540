"""`tradewind`: finds the verb, imports its file, turns our errors into one clear line and an exit code."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Final

import click

from tradewind import __version__
from tradewind.errors import TradewindError
from tradewind.kernel.clock import monotonic_s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
_VERBS: Final[Mapping[str, tuple[str, str]]] = {
    "run": ("tradewind.cli.run:run", "run the platform in one process"),
    "start": ("tradewind.cli.lifecycle:start", "start services, each in a process of its own, on Redis"),
    "stop": ("tradewind.cli.lifecycle:stop", "stop them"),
    "restart": ("tradewind.cli.lifecycle:restart", "stop and start them, or one after another (--rolling)"),
    "reload": ("tradewind.cli.reload:reload", "have what runs take new settings over, as far as that is safe"),
    "drain": ("tradewind.cli.lifecycle:drain", "see the clients of push, api or quotes off, then stop it"),
    "status": ("tradewind.cli.lifecycle:status", "show how each of them is"),
    "logs": ("tradewind.cli.lifecycle:logs", "print and follow their logs"),
    "test": ("tradewind.cli.lifecycle:test", "send a test tick through all of them and time each hop"),
    "doctor": ("tradewind.cli.doctor:doctor", "look at everything that is configured: findings, each with its remedy"),
    "support": ("tradewind.cli.support:support", "gather all of it for whoever is asked for help, without secrets"),
    "ctp": ("tradewind.cli.ctp:ctp", "look after CTP: take the way to its fronts step by step, with remedies"),
    "watch": ("tradewind.cli.watch:watch", "follow what is pushed: opportunities, ticks, alerts, orders …"),
    "trigger": (
        "tradewind.cli.trigger:trigger",
        "have a test strategy signal through the running system, time each hop",
    ),
    "dashboard": ("tradewind.cli.dashboard:dashboard", "show the running system on this terminal, live"),
    "halt": ("tradewind.cli.halt:halt", "stop trading at once, show what is stopped, or let it go on"),
    "replay": ("tradewind.cli.replay:replay", "send a recording through the line and print what came of it"),
    "data": ("tradewind.cli.data:data", "look after recorded market data: list, check, repair, export, import"),
    "feed": ("tradewind.cli.feed:feed", "publish a recording or a simulated market over ZeroMQ, in any known form"),
    "config": ("tradewind.cli.config:config", "check, show and explain the settings"),
    "nginx": ("tradewind.cli.nginx:nginx", "write the configuration of the gateway before several instances"),
    "monitoring": ("tradewind.cli.monitoring:monitoring", "write what Prometheus, Alertmanager and Grafana are told"),
    "production": ("tradewind.cli.production:production", "run every server and service of production mode here"),
    "deploy": ("tradewind.cli.deploy:deploy", "write what containers, Kubernetes, Helm and systemd are told"),
    "retention": ("tradewind.cli.retention:retention", "what is kept how long; remove what need not be kept"),
    "db": ("tradewind.cli.db:db", "make, change and look at the tables of record"),
    "backup": ("tradewind.cli.backup:backup", "make, list and verify backups, and restore one into an empty place"),
    "audit": ("tradewind.cli.audit:audit", "verify, anchor and read the chain of everything that happened"),
    "user": ("tradewind.cli.user:user", "add, list and disable users, give them passwords and rights"),
    "statement": ("tradewind.cli.statement:statement", "read, compare and confirm brokers' statements"),
    "token": ("tradewind.cli.token:token", "make a new access token"),
    "module": ("tradewind.cli.module:module", "run a collector: register, start, stop, status, logs, run …"),
    "licence": ("tradewind.cli.licence:licence", "make and read licences of collector modules"),
    "bench": ("tradewind.cli.bench:bench", "measure this machine against the published figures"),
}


class LazyGroup(click.Group):
    """A group that imports a verb's module only when the verb is used, so that `--help` stays instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in the order of the table."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return one verb."""
        if cmd_name not in _VERBS:
            return None
        module, _, attribute = _VERBS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the verbs without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, text) for verb, (_, text) in _VERBS.items()])


def _show_version(ctx: click.Context, _parameter: click.Parameter, is_wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if is_wanted and not ctx.resilient_parsing:
        from tradewind.native import describe  # noqa: PLC0415 - what it says of the switch is for `main` to catch

        click.echo(f"tradewind, version {__version__}, {describe()}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, callback=_show_version, expose_value=False, is_eager=True, help="Say which.")
def tradewind() -> None:
    """信风 Tradewind: from the exchange's tick to the screen and back to a fill."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    try:
        # Verbs import much: `run` counts how long it took to be ready from here.
        result = tradewind.main(args=list(argv) if argv is not None else None, standalone_mode=False, obj=monotonic_s())
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except TradewindError as error:
        click.echo(f"tradewind: {error.code}: {error}", err=True)
        return EXIT_FAILED
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())

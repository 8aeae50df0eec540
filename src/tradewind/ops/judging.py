"""What figures of a machine mean for an installation: from how many bytes, files, seconds on it is a warning."""

from __future__ import annotations

from typing import Final

from tradewind.ops.findings import Found, fail, ok, warn

MB: Final = 1_000_000
DISK_FAIL_BYTES: Final = 200 * MB
DISK_WARN_BYTES: Final = 2_000 * MB
DISK_WARN_PART: Final = 0.05
SKEW_WARN_S: Final = 0.25
"""Windows and leases are judged by the clocks of several machines; up to this nobody notices."""
SKEW_FAIL_S: Final = 2.0
"""Leases last ten seconds, and the directory of sessions a few: beyond this two could hold the same."""
CERTIFICATE_WARN_DAYS: Final = 21
_DAY_S: Final = 86_400


def disk(folder: str, free: int, total: int) -> Found:
    """Judge the room left on the disk of a folder, in bytes."""
    part = free / total if total else 0.0
    text = f"{free / 1e9:.1f} GB free of {total / 1e9:.1f} GB at {folder} ({part:.0%})"
    remedy = "make room: older logs and recordings first, or move data_dir to a larger disk"
    if free < DISK_FAIL_BYTES:
        return fail(text, remedy)
    return warn(text, remedy) if free < DISK_WARN_BYTES or part < DISK_WARN_PART else ok(text)


def open_files(hard: int | None, wanted: int) -> Found:
    """Judge the limit of open files, `None` for none, by what the connections allowed in the settings may need.

    The soft limit does not matter: a process lifts its own up to the hard one.
    """
    if hard is None or hard >= wanted:
        return ok(f"{'unlimited' if hard is None else f'{hard:,}'} open files allowed, {wanted:,} may be needed")
    remedy = (
        f"allow {wanted:,} (ulimit -Hn, LimitNOFILE= of systemd), or lower push.max_clients and api.connections, "
        "which together with what else is opened ask for so many"
    )
    return warn(f"{hard:,} open files allowed, {wanted:,} may be needed", remedy)


def skew(other: str, difference_s: float, uncertain_s: float) -> Found:
    """Judge how far this machine's clock is ahead of another's; `uncertain_s` is half of what asking took."""
    apart_s = max(0.0, abs(difference_s) - uncertain_s)
    direction = "ahead of" if difference_s > 0 else "behind"
    text = f"this clock is {abs(difference_s) * 1e3:,.0f} ms {direction} {other} (±{uncertain_s * 1e3:,.0f} ms)"
    remedy = "let NTP set the clocks of both machines (timedatectl set-ntp true, or chrony)"
    if apart_s > SKEW_FAIL_S:
        return fail(text, remedy)
    return warn(text, remedy) if apart_s > SKEW_WARN_S else ok(text)


def wall_clock(now_s: float, *, not_before_s: float) -> Found:
    """Judge a clock with nobody to compare it with: it cannot be earlier than the program itself."""
    if now_s < not_before_s:
        return fail(
            f"this machine's clock is {(not_before_s - now_s) / _DAY_S:,.0f} days before the program was installed",
            "set the clock: let NTP do it (timedatectl set-ntp true, or chrony)",
        )
    return ok("this machine's clock is after the day the program was installed")


def certificate(name: str, left_s: float) -> Found:
    """Judge how long a certificate is still good."""
    days = left_s / _DAY_S
    remedy = "renew it and start again what uses it"
    if left_s <= 0:
        return fail(f"{name} expired {-days:,.0f} days ago", remedy)
    text = f"{name} is good for {days:,.0f} days"
    return warn(text, remedy) if days < CERTIFICATE_WARN_DAYS else ok(text)


def encoding(found: str, *, needs_gb18030: bool, has_gb18030: bool) -> list[Found]:
    """Judge the machine's locale: UTF-8 for what we print, and zh_CN.GB18030 where CTP's library reads names."""
    findings = []
    if found.lower().replace("-", "") == "utf8":
        findings.append(ok(f"texts are printed as {found}"))
    else:
        findings.append(warn(f"texts are printed as {found}: names in Chinese may not show", "set LANG=C.UTF-8"))
    if needs_gb18030 and not has_gb18030:
        findings.append(
            fail(
                "the locale zh_CN.GB18030 is missing; without it CTP's library ends the process at its first text",
                "echo 'zh_CN.GB18030 GB18030' >> /etc/locale.gen && locale-gen",
            )
        )
    elif needs_gb18030:
        findings.append(ok("the locale zh_CN.GB18030, which CTP's library needs, is there"))
    return findings


def redis_memory(used: int, limit: int, policy: str) -> list[Found]:
    """Judge a server's memory: what it may throw away, and how near its limit it is."""
    findings = []
    if limit and policy != "noeviction":
        findings.append(
            fail(
                f"Redis may throw away what it holds when its memory is full (maxmemory-policy {policy})",
                "CONFIG SET maxmemory-policy noeviction, and in redis.conf",
            )
        )
    if limit and used > limit * 0.8:
        findings.append(
            warn(f"Redis uses {used / 1e6:,.0f} of {limit / 1e6:,.0f} MB", "raise maxmemory, or lower bus.max_len")
        )
    return findings

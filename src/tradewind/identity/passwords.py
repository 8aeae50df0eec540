"""What a password must be. Source: NIST SP 800-63B §5.1.1 (length and a list of the commonest, no games of signs)."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 256
"""Longer ones are refused before they are hashed: a megabyte would be hashed as well."""
_COMMON: Final = frozenset(
    {
        *("password", "passw0rd", "qwertyuiop", "1q2w3e4r5t", "1qaz2wsx3edc", "qwerty", "letmein", "welcome", "admin"),
        *("iloveyou", "abc123", "football", "monkey", "dragon", "sunshine", "princess", "trustno1", "master", "hello"),
        *("administrator", "changeme", "default", "secret", "zaq12wsx", "asdfghjkl", "zxcvbnm", "woaini", "5201314"),
        *("wangyut2", "xiaoming", "tradewind", "trader", "futures", "simnow", "root", "test", "guest", "a123456"),
    }
)
"""The heads of the lists of leaked passwords, and what somebody here would think of first."""


def problem(password: str, *, username: str, min_length: int) -> str | None:
    """Say why this may not be somebody's password, `None` if it may."""
    if len(password) < min_length:
        return f"a password has at least {min_length} characters, this has {len(password)}"
    if len(password) > LONGEST:
        return f"a password has at most {LONGEST} characters, this has {len(password)}"
    folded = password.casefold()
    if username and username.casefold() in folded:
        return "a password may not contain the username"
    if len(set(folded)) < 5:  # noqa: PLR2004 - as many different signs as the shortest word has
        return "a password needs at least 5 different characters"
    if _stem(folded) in _COMMON or _is_a_row(folded):
        return "this password is among the first that anybody tries"
    return None


def _stem(folded: str) -> str:
    """Take off what people put around a word: `Password123!!` is no better than `password`."""
    stem = folded.strip("0123456789!@#$%^&*()_+-=.,?~ ")
    return stem or folded


def _is_a_row(folded: str) -> bool:
    """Say whether it is a walk along the keys or the alphabet, or one piece over and over."""
    rows = ("1234567890" * 3, "0987654321" * 3, "abcdefghijklmnopqrstuvwxyz" * 2, "qwertyuiopasdfghjklzxcvbnm" * 2)
    if any(folded in row for row in rows):
        return True
    return any(
        folded == (folded[:size] * (len(folded) // size + 1))[: len(folded)]
        for size in range(1, min(7, len(folded) // 2 + 1))
    )

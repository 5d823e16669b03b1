"""Addresses of providers: what may stand in the settings, and whether others can read along."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from tui.config.problems import shown
from tui.plain import line

EXPECTED: Final = 'a URL such as "https://host/v1"'


class BadUrl(ValueError):
    """Not a provider's address. The message is what was found, without what might be secret in it."""


def base_url(text: str) -> str:
    """The address as providers have it: http or https, a host, no slash at its end. Raises BadUrl."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise BadUrl("a URL that can't be read") from None
    if "@" in parts.netloc:  # it would show wherever the address is shown
        raise BadUrl("a URL with a user name or password in it")
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or any(c.isspace() for c in text):
        # What has none of a URL's signs may be a key in the wrong place.
        raise BadUrl(shown(text) if any(sign in text for sign in ":/.") else "what is no URL")
    if not parts.hostname.isascii() and (line(parts.hostname) != parts.hostname or not looked_up(text)):
        raise BadUrl("a host whose name has signs that none can have")
    if parts.query or parts.fragment:
        raise BadUrl("a URL with more behind its path (? or #)")
    return text.rstrip("/")


def looked_up(url: str) -> str:
    """The host as it is asked for, where its name has letters of other scripts; empty if it has none, or can't be."""
    host = urlsplit(url).hostname or ""
    try:
        return "" if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""


def readable_by_others(url: str) -> bool:
    """Plain http to another machine: keys and words go over the network as they are."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not loopback(parts)


def loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

"""Proxy and certificate settings from the environment, checked here, so that an error names the variable to correct.

httpx reads the same variables, and raises a bare ValueError, ImportError or FileNotFoundError for what it cannot use
(``NO_PROXY`` with an IPv6 address or a network, SOCKS without its package, ``SSLKEYLOGFILE`` in a missing folder).
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import ssl
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi

from cvtr_widgets.api.origin import is_loopback
from cvtr_widgets.errors import SettingsError

SCHEMES = {"http", "https", "socks5", "socks5h"}


def trust(origin: str) -> dict[str, Any]:
    """Httpx's settings for one origin: which proxy, which certificates; ``trust_env`` is off, for all of it was read here.

    This machine is asked directly: a proxy elsewhere could read what is meant for it.

    Raises:
        SettingsError: a variable holds what cannot be used; names it.
    """
    parts = urlsplit(origin)
    host = parts.hostname or ""
    found: dict[str, Any] = {"trust_env": False}
    # Over plain http (this machine only) nothing is encrypted; httpx's own context would read SSLKEYLOGFILE.
    found["verify"] = certificates() if parts.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if is_loopback(host):
        return found
    proxy = proxy_for(parts.scheme, host, parts.port)
    return found if proxy is None else {**found, "proxy": proxy}


def certificates(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """The certificates that are trusted: those of ``SSL_CERT_FILE``, ``SSL_CERT_DIR``, ``REQUESTS_CA_BUNDLE`` and
    ``CURL_CA_BUNDLE`` beside the system's where one of them is set, else certifi's.
    """
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    named = {n: environ[n] for n in names if environ.get(n)}
    context = _context() if named else _context(certifi.where())
    for name, value in named.items():
        try:
            # Beside the ones there are: a company's certificate is for its proxy, and must not take away those of the platform.
            context.load_verify_locations(**({"capath": value} if Path(value).is_dir() else {"cafile": value}))
        except (OSError, ssl.SSLError, ValueError) as error:
            raise SettingsError(
                f"{name} names {value!r}, which is not a file of certificates: {error}. Correct or unset it."
            ) from None
    return context


def _context(cafile: str | None = None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=cafile)
    except (OSError, ValueError) as error:
        if not os.environ.get("SSLKEYLOGFILE"):
            raise SettingsError(f"This Python's certificates cannot be loaded: {error}. Reinstall certifi.") from None
        raise SettingsError(f"SSLKEYLOGFILE names a file that cannot be written: {error}. Correct or unset it.") from None


def proxy_for(scheme: str, host: str, port: int | None) -> str | None:
    """The proxy for a host, from ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` (in either case), or as the
    system is set up where it keeps these itself; None: ask the host directly.
    """
    known = urllib.request.getproxies()
    if _left_out(known.get("no", ""), host, port or {"https": 443}.get(scheme, 80)):
        return None
    for which in (scheme, "all"):
        if known.get(which):
            return _checked(which, known[which])
    return None


def _left_out(listed: str, host: str, port: int) -> bool:
    """Whether ``NO_PROXY`` names a host: itself, a domain above it, an address, a network; each perhaps with a port; ``*``."""
    return any(_names(entry.strip().lower(), host.lower().rstrip("."), port) for entry in listed.split(",") if entry.strip())


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = _address(host)
    if (network := _network(entry)) is not None:
        return address is not None and address in network
    name, colon, number = entry.rpartition(":")
    if colon and number.isdigit():
        if int(number) != port:
            return False
        entry = name
        if (network := _network(entry)) is not None:
            return address is not None and address in network
    entry = entry.removeprefix("*").strip(".")
    return bool(entry) and (host == entry or host.endswith("." + entry))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _checked(which: str, value: str) -> str:
    """The address of a proxy that can be used. It may hold a password: none of it is ever shown."""
    name = next((n for n in os.environ if n.lower() == f"{which}_proxy" and os.environ[n]), f"this system's {which} proxy")
    # "proxy:8080" without a scheme is what most people set, and curl takes it.
    address = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(address)
        usable = parts.scheme.lower() in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or any(c.isspace() or ord(c) < 32 for c in address):
        raise SettingsError(
            f"{name} is not the address of a proxy. It looks like http://proxy.example:8080; correct or unset it."
        )
    if parts.scheme.lower().startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise SettingsError(f'{name} names a SOCKS proxy, which needs a package: pip install "httpx[socks]". Or unset it.')
    return address

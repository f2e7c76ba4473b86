"""The one address that a client talks to. Whatever can be read in two ways is refused, because a password goes there."""

from __future__ import annotations

import ipaddress
import re

import httpx

from cvtr_widgets.errors import CredentialsError

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:(?P<port>[0-9]{1,5}))?/?", re.IGNORECASE
)
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PORTS = {"http": 80, "https": 443}
_TAKES = "url= takes the platform's address, such as https://acme.cvtr.io: https, host and perhaps a port, nothing else."


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def own_origin(enterprise: str) -> str:
    """``https://acme.cvtr.io`` for ``acme``.

    Raises:
        CredentialsError: it is not an enterprise name.
    """
    if not LABEL.fullmatch(enterprise):
        raise CredentialsError(
            f"{enterprise[:60]!r} is not an enterprise name. Give only the first part of the platform's address, such as acme "
            "for https://acme.cvtr.io, or the whole address as url=."
        )
    return f"https://{enterprise}.cvtr.io"


def checked_origin(address: str) -> str:
    """``scheme://host`` or ``scheme://host:port`` of an address, in the one spelling that is compared, sent to and kept.

    Lower case, without the scheme's own port, and without anything that two parsers could read in two ways: tabs, line
    ends, spaces, a user, a path, percent signs, letters outside ASCII (an internationalised name is given in its ``xn--`` form).

    Raises:
        CredentialsError: it is no such address, or http to another machine.
    """
    found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if found is None:
        raise CredentialsError(f"{_TAKES} Correct it.")
    scheme, host, port = found["scheme"].lower(), _host(found["host"].lower()), found["port"]
    if port is not None and not 0 < int(port) < 65_536:
        raise CredentialsError(f"{_TAKES} The port must be from 1 to 65535. Correct it.")
    if scheme == "http" and not is_loopback(host.strip("[]")):
        raise CredentialsError("url= must be https: over http your password could be read on the way. Use https.")
    number = int(port or _PORTS[scheme])
    origin = f"{scheme}://{host}" + ("" if number == _PORTS[scheme] else f":{number}")
    _same_for_httpx(origin, scheme, host, number)
    return origin


def _host(host: str) -> str:
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        except ValueError:
            raise CredentialsError(f"{_TAKES} There is no host {host[:60]!r}. Correct it.") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_NAME.fullmatch(label) for label in labels):
        raise CredentialsError(f"{_TAKES} There is no host {host[:60]!r}. Correct it.")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        # 127.1, 0x7f.1 and 2130706433 are read as addresses by some and as names by others.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise CredentialsError(f"{_TAKES} {host[:60]!r} is not a complete IPv4 address. Correct it.") from None
    return host


def _same_for_httpx(origin: str, scheme: str, host: str, port: int) -> None:
    """What sends the request must read the address as we do."""
    try:
        url = httpx.URL(origin)
        _ = url.host
    except (httpx.InvalidURL, UnicodeError):  # idna's own errors are UnicodeErrors
        raise CredentialsError(f"{_TAKES} Correct it.") from None
    # An xn-- name comes back in letters; what is sent is its ASCII form.
    if (url.scheme, url.raw_host.decode(), url.port or _PORTS[scheme]) != (scheme, host.strip("[]"), port):
        raise CredentialsError(f"{_TAKES} Correct it.")


def default_name(origin: str) -> str:
    """What an enterprise is called whose address alone was given: the host's first label, or the host where that is a number."""
    host = origin.partition("://")[2]
    bare = host.rpartition(":")[0] if re.search(r"[^\]]:\d+$", host) else host
    numeric = bare.startswith("[") or re.fullmatch(r"[0-9.]+", bare) is not None
    return host.replace("[", "").replace("]", "") if numeric or bare == "localhost" else bare.partition(".")[0]

"""Whose key signed a delivery: the certificate that it names, fetched only from where PayPal serves them, and judged.

Invariant: no address of a delivery is asked unless it is one of PayPal's own, letter by letter; with a sandbox on this
machine, its own and no other. No redirect is followed. A certificate counts when a chain leads to a root we trust and
it is valid when the delivery was sent and now. Whoever sends us addresses makes us fetch few of them: one whose key has
signed a delivery is kept, the others are fetched seldom. developer.paypal.com/api/rest/webhooks/rest, §6.3 of RFC 5280
"""

from __future__ import annotations

import asyncio
import re
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from weakref import WeakValueDictionary

import certifi
import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from store.gateways.bounds import bound_answers
from store.gateways.port import BadSignature, Unavailable
from store.kit import clock

HOSTS = ("api.paypal.com", "api-m.paypal.com", "api.sandbox.paypal.com", "api-m.sandbox.paypal.com")
CERTS_PATH = "/v1/notifications/certs/"
NAME_END = ".paypal.com"
# Where the authority that issues PayPal's certificates keeps its own; what lies there is only believed through a chain.
ISSUER_URL = re.compile(r"http://cacerts\.digicert\.com/[A-Za-z0-9_-]{1,100}\.crt")
# A leaf and its chain are some 6 kB.
CERT_BYTES = 64 * 1024
LONGEST_CHAIN = 5
SMALLEST_KEY_BITS = 2048
# For one answer; a delivery that came too early for it comes again.
FETCH_SECONDS = 5.0
# Certificates that nobody has signed with yet: so many are fetched in so long, by the whole process. PayPal signs with
# one or two at a time.
FETCHES = 10
FETCHES_SECONDS = 60.0
# What a fetch brought is not fetched again for so long, nor what it could not bring.
SEEN_SECONDS = 10.0
KEPT = 16
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")
# What reading a certificate may raise.
ODD = (
    ValueError,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
Chain = list[x509.Certificate]


class Certificates:
    """The certificates that deliveries name. `base_url`: the API's; `ca_file`: the root to trust where it is no PayPal.

    `now`: wall time, as signatures are; `ticks`: seconds that only grow; `roots`: what is trusted of PayPal's. One per
    process and event loop.
    """

    def __init__(
        self,
        base_url: str,
        ca_file: Path | None,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        seconds: float = FETCH_SECONDS,
        now: Callable[[], datetime] = clock.wall,
        ticks: Callable[[], float] = time.monotonic,
        roots: Callable[[], Sequence[x509.Certificate]] | None = None,
    ) -> None:
        self._ca_file, self._roots = ca_file, roots or read_roots
        self._seconds, self._now, self._ticks = seconds, now, ticks
        origins = [f"https://{host}" for host in HOSTS] if ca_file is None else [base_url]
        starts = "|".join(re.escape(origin) for origin in origins)
        self._address = re.compile(f"(?:{starts}){re.escape(CERTS_PATH)}[A-Za-z0-9_-]{{1,100}}")
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=seconds,
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [bound_answers(CERT_BYTES)]},
        )
        self._kept: OrderedDict[str, Chain] = OrderedDict()
        # By address: until when, and the chain or why there is none.
        self._seen: dict[str, tuple[float, Chain | str]] = {}
        self._fetched: list[float] = []
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find_key(self, url: str, sent_at: datetime) -> rsa.RSAPublicKey:
        """The key of the certificate at `url`, good at `sent_at` and now; once it has signed something, `keep` it.

        Raises BadSignature, with why in words, or Unavailable where nobody was asked for it, since too many were.
        """
        if not self._address.fullmatch(url):
            raise BadSignature("the certificate's address is none of PayPal's")
        chain = self._kept.get(url) or await self._look(url)
        try:
            check_chain(chain, self._find_roots(), self._now())
        except BadSignature:
            # It has run out, or its root is another one: what lies there now may be good.
            self._kept.pop(url, None)
            raise
        check_chain(chain, self._find_roots(), sent_at)
        key = chain[0].public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
            raise BadSignature(f"the certificate's key is no RSA key of {SMALLEST_KEY_BITS} bits")
        return key

    def keep(self, url: str) -> None:
        """The certificate at `url` has signed a delivery: whatever others name, it need not be fetched again."""
        _, chain = self._seen.pop(url, (0.0, ""))
        if isinstance(chain, list):
            self._kept[url] = chain
        if url in self._kept:
            self._kept.move_to_end(url)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    async def _look(self, url: str) -> Chain:
        """What lies there, fetched by one caller while the others wait for it, and by nobody when too much was."""
        one_at_a_time = self._asking.setdefault(url, asyncio.Lock())
        async with one_at_a_time:
            if url in self._kept:
                return self._kept[url]
            now = self._ticks()
            self._seen = {one: seen for one, seen in self._seen.items() if seen[0] > now}
            if url in self._seen:
                seen = self._seen[url][1]
                if isinstance(seen, str):
                    raise Unavailable(f"{seen}, a moment ago: it is not asked for again so soon")
                return seen
            self._fetched = [at for at in self._fetched if at > now - FETCHES_SECONDS]
            if len(self._fetched) >= FETCHES:
                raise Unavailable(f"{FETCHES} unknown certificates were fetched a moment ago")
            self._fetched.append(now)
            try:
                chain = await self._fetch_chain(url)
            except BadSignature as lost:
                self._seen[url] = self._ticks() + SEEN_SECONDS, str(lost)
                raise
            self._seen[url] = self._ticks() + SEEN_SECONDS, chain
            return chain

    async def _fetch_chain(self, url: str) -> Chain:
        """Leaf first. A leaf that comes alone is completed by its issuer, from the authority's own server."""
        chain = read_pem(await self._fetch(url))
        if not 1 <= len(chain) <= LONGEST_CHAIN:
            raise BadSignature(f"there are {len(chain)} certificates where one chain should be")
        issuer = find_issuer_url(chain[0]) if len(chain) == 1 and self._ca_file is None else ""
        if issuer:
            chain.append(_read_der(await self._fetch(issuer)))
        return chain

    async def _fetch(self, url: str) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._client.get(url)
        except (TimeoutError, httpx.HTTPError) as lost:
            raise BadSignature(f"the certificate could not be fetched: {str(lost) or 'no answer in time'}") from lost
        if answer.status_code != 200:
            raise BadSignature(f"the certificate could not be fetched: HTTP {answer.status_code}")
        return answer.content

    def _find_roots(self) -> Sequence[x509.Certificate]:
        if self._ca_file is None:
            return self._roots()
        # Read each time: the sandbox makes its root when it first needs one.
        try:
            return read_pem(self._ca_file.read_bytes())
        except OSError as missing:
            raise BadSignature(f"the sandbox's root certificate cannot be read: {missing}") from missing


def check_chain(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], moment: datetime) -> None:
    """Raise BadSignature unless the first of `chain` is PayPal's by name and leads to one of `roots`, then."""
    try:
        names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except ODD as nameless:
        raise BadSignature("the certificate has no name") from nameless
    name = next((one for one in names.get_values_for_type(x509.DNSName) if one.endswith(NAME_END)), None)
    if name is None or not roots:
        raise BadSignature(f"the certificate's name does not end in {NAME_END}" if roots else "no root is trusted")
    try:
        at = moment.astimezone(UTC).replace(tzinfo=None)
        verifier = PolicyBuilder().store(Store(list(roots))).time(at).build_server_verifier(x509.DNSName(name))
        verifier.verify(chain[0], list(chain[1:]))
    except (VerificationError, ValueError) as doubt:
        raise BadSignature(f"the certificate is not trusted: {doubt}") from doubt


def read_pem(text: bytes) -> Chain:
    """Every certificate in a PEM file, in its order. Raises BadSignature for one that is none."""
    try:
        return [x509.load_pem_x509_certificate(block) for block in PEM.findall(text)]
    except ODD as odd:
        raise BadSignature(f"this is no certificate: {odd}") from odd


def find_issuer_url(leaf: x509.Certificate) -> str:
    """Where its issuer lies by a certificate's own word, "" unless that is PayPal's authority. RFC 5280 §4.2.2.1"""
    try:
        access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except ODD:
        return ""
    places = [
        one.access_location.value
        for one in access
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    ]
    return next((place for place in places if ISSUER_URL.fullmatch(place)), "")


@cache
def read_roots() -> tuple[x509.Certificate, ...]:
    """The roots that browsers trust, as certifi packs them; one that cannot be read is left out."""
    roots = []
    with warnings.catch_warnings():
        # An old root has a serial number of zero, of which the library warns.
        warnings.simplefilter("ignore")
        for block in PEM.findall(Path(certifi.where()).read_bytes()):
            try:
                roots.append(x509.load_pem_x509_certificate(block))
            except ODD:
                continue
    return tuple(roots)


def _read_der(text: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(text)
    except ODD as odd:
        raise BadSignature(f"the issuer's certificate is none: {odd}") from odd

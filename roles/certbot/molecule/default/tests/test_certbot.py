"""A site whose certificate a real ACME server has issued, by what nginx shows on port 80."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from testinfra.host import Host

NAME = "site.matchcast.test"
LINEAGE = f"/etc/letsencrypt/live/{NAME}"
RENEWAL = f"/etc/letsencrypt/renewal/{NAME}.conf"
ROOT = Path("/var/tmp/matchcast-hosts", os.environ["MATCHCAST_RIG"], "acme/issuer.pem")


@pytest.fixture(scope="module", autouse=True)
def trusted(host: Host) -> str:
    """The root of the authority, on the host from which the site is visited."""
    with host.sudo():
        host.check_output(f"printf %s '{ROOT.read_text('ascii')}' > /tmp/root.pem && chmod 644 /tmp/root.pem")
    return "/tmp/root.pem"


def served(host: Host) -> str:
    """Return the serial of the certificate that nginx serves."""
    asked = f"openssl s_client -connect {NAME}:443 -servername {NAME} </dev/null 2>/dev/null"
    return host.check_output(f"{asked} | openssl x509 -noout -serial")


def kept(host: Host) -> str:
    with host.sudo():
        return host.check_output(f"openssl x509 -in {LINEAGE}/cert.pem -noout -serial")


def test_a_visitor_who_trusts_the_authority_reaches_the_site(host: Host, trusted: str) -> None:
    visit = "curl --silent --output /dev/null --write-out '%{http_code} %{ssl_verify_result}'"
    assert host.check_output(f"{visit} --cacert {trusted} https://{NAME}/nothing").split()[1] == "0"
    assert host.run(f"{visit} https://{NAME}/nothing").rc == 60


def test_nginx_serves_the_certificate_of_the_authority_that_was_named_last(host: Host) -> None:
    with host.sudo():
        server = re.search(r"^server = (\S+)$", host.file(RENEWAL).content_string, re.MULTILINE)
    assert server is not None
    assert re.fullmatch(r"https://10\.[0-9.]+:14000/dir", server[1])
    assert served(host) == kept(host)


def test_only_root_reads_the_key(host: Host) -> None:
    assert host.run(f"cat {LINEAGE}/privkey.pem").rc != 0
    with host.sudo():
        assert host.file(f"{LINEAGE}/privkey.pem").exists


def test_the_timer_looks_for_certificates_that_end(host: Host) -> None:
    assert host.service("certbot.timer").is_enabled
    assert host.service("certbot.timer").is_running


def test_what_the_timer_starts_leaves_a_certificate_that_is_young(host: Host) -> None:
    before = kept(host)
    with host.sudo():
        host.check_output("systemctl start certbot.service")
    assert kept(host) == before == served(host)


def test_what_the_timer_starts_renews_one_that_ends_and_nginx_serves_it(host: Host) -> None:
    before = served(host)
    with host.sudo():
        # Of the 90 days that it was given, fewer than these are left.
        host.check_output(f"sed -i '1i renew_before_expiry = 100 days' {RENEWAL}")
        host.check_output("systemctl start certbot.service")
        host.check_output(f"sed -i '/^renew_before_expiry = 100 days$/d' {RENEWAL}")
    assert kept(host) != before
    # The workers of the old configuration go on for moments after the reload.
    ask = f"openssl s_client -connect {NAME}:443 -servername {NAME} </dev/null 2>/dev/null | openssl x509 -noout -serial"
    host.check_output(f"timeout 30 sh -c 'until [ \"$({ask})\" = {kept(host)} ]; do sleep 0.2; done'")

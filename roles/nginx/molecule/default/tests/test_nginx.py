"""The site as visitors and the site's own programs meet it."""

import json

import pytest

SITE = "https://site.matchcast.test"
CURL = "curl --silent --cacert /etc/letsencrypt/live/site.matchcast.test/fullchain.pem"


@pytest.fixture
def ask(host):
    def _ask(path, *options, site=SITE):
        with host.sudo():
            return host.run(f"{CURL} {' '.join(options)} '{site}{path}'")

    return _ask


def told(answer):
    assert answer.rc == 0, answer
    return json.loads(answer.stdout)


def status(ask, path, *options, site=SITE):
    return ask(
        path, *options, "--output /dev/null --write-out '%{http_code} %{redirect_url}'", site=site
    ).stdout.strip()


def test_it_runs_now_and_after_a_boot(host):
    assert host.service("nginx").is_running
    assert host.service("nginx").is_enabled


def test_each_path_reaches_its_program(ask):
    assert told(ask("/matches"))["name"] == "dashboard"
    assert told(ask("/airflow/dags"))["name"] == "airflow"
    assert told(ask("/airflow/dags"))["path"] == "/airflow/dags"
    api = told(ask("/api/v1/model"))
    assert api["name"].startswith("api-")
    assert api["path"] == "/model"
    assert (
        told(ask("/api/v1/predict/batch?include=scores", "--data x"))["path"]
        == "/predict/batch?include=scores"
    )


def test_a_program_learns_who_asks_and_how(ask):
    headers = told(ask("/", "--header 'X-Forwarded-For: 6.6.6.6'"))["headers"]
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["Host"] == "site.matchcast.test"
    assert "6.6.6.6" not in headers["X-Forwarded-For"]


def test_plain_http_is_sent_to_tls(ask):
    assert status(ask, "/a?b=c", site="http://site.matchcast.test") == "301 https://site.matchcast.test/a?b=c"


def test_browsers_are_told_once_to_come_by_tls_alone(ask):
    headers = ask("/", "--dump-header - --output /dev/null").stdout.lower()
    assert headers.count("strict-transport-security") == 1
    assert "strict-transport-security: max-age=31536000" in headers
    assert "http/2 200" in headers


def test_other_names_get_no_certificate(ask):
    refused = ask("/", "--resolve other.matchcast.test:443:127.0.0.1", site="https://other.matchcast.test")
    assert refused.rc == 35


def test_old_tls_is_refused(ask):
    assert ask("/", "--tls-max 1.1").rc != 0


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/metrics", "/airflow/execution/health"])
def test_what_is_for_the_inside_is_not_public(ask, path):
    assert status(ask, path) == "404"


def test_the_inside_finds_the_api_of_all_hosts_and_of_each(ask):
    inside = "http://127.0.0.1:8000"
    assert told(ask("/ready", site=inside))["name"].startswith("api-")
    assert told(ask("/hosts/web-1/ready", site=inside)) | {"headers": None} == {
        "name": "api-1", "method": "GET", "path": "/ready", "headers": None,
    }  # fmt: skip
    assert told(ask("/hosts/web-2/ready", site=inside))["name"] == "api-2"


def test_the_inside_is_not_reachable_from_outside(host):
    assert host.socket("tcp://127.0.0.1:8000").is_listening
    assert not host.socket("tcp://0.0.0.0:8000").is_listening


def test_a_prediction_is_asked_again_where_one_api_is_dead_and_nothing_else_is(host, ask):
    with host.sudo():
        host.check_output("systemctl stop echo-api-2")
    try:
        answers = [ask("/api/v1/predict", "--data x") for _ in range(12)]
        assert {told(answer)["name"] for answer in answers} == {"api-1"}
    finally:
        with host.sudo():
            host.check_output("systemd-run --unit=echo-api-2 python3 /usr/local/lib/echo.py api-2 8021")


def test_events_come_as_they_happen(ask):
    assert "data: 0" in ask("/api/stream", "--no-buffer --max-time 3").stdout


def test_a_reload_fails_no_request(host):
    with host.sudo():
        done = host.run(
            f"(for n in 1 2 3 4 5; do sleep 0.2; systemctl reload nginx; done) & "
            f"for n in $(seq 60); do {CURL} --fail --output /dev/null {SITE}/ || echo lost; sleep 0.02; done; wait"
        )
    assert "lost" not in done.stdout


def test_what_is_written_and_not_loaded_is_known_until_a_reload(host):
    state = "sh -c 'sha256sum --check --status --strict /run/nginx.loaded && echo loaded || echo outdated'"
    with host.sudo():
        assert host.check_output(state) == "loaded"
        host.check_output(
            "echo '# a change that nginx was not told of' >> /etc/nginx/matchcast/upstreams.conf"
        )
        assert host.check_output(state) == "outdated"
        host.check_output("systemctl reload nginx")
        assert host.check_output(state) == "loaded"


@pytest.mark.parametrize("path", ["/login", "/airflow/auth/token", "/airflow/auth/token/cli"])
def test_guessing_passwords_is_slowed_down(host, path):
    host.check_output("sleep 6")  # the address may make five tries more after as many seconds
    tries = f"--output /dev/null '{SITE}{path}' " * 12
    with host.sudo():
        found = host.check_output(f"{CURL} --data x --write-out '%{{http_code}} ' {tries}").split()
    assert found[0] == "200"
    assert "429" in found


def test_too_long_a_body_is_refused(host, ask):
    host.check_output("head -c 100000 /dev/zero > /tmp/body")
    assert status(ask, "/api/matches", "--data-binary @/tmp/body") == "413"
    assert status(ask, "/api/v1/predict/batch", "--data-binary @/tmp/body") == "200"


def test_an_acme_server_finds_its_answers_without_tls(host, ask):
    with host.sudo():
        host.check_output("mkdir -p /var/www/acme/.well-known/acme-challenge")
        host.check_output("echo right > /var/www/acme/.well-known/acme-challenge/token")
    assert ask("/.well-known/acme-challenge/token", site="http://site.matchcast.test").stdout == "right\n"


def test_the_access_log_holds_no_query(host, ask):
    ask("/a?secret=1")
    with host.sudo():
        assert "secret=1" not in host.file("/var/log/nginx/access.log").content_string


def test_its_memory_is_bounded(host):
    assert host.check_output("systemctl show nginx --property=MemoryMax") == "MemoryMax=268435456"

#!/bin/sh
# Turns this very machine into the site, twice, and looks at it: for a machine that is thrown away afterwards, such as a
# runner of GitHub's. It is played as on any host, but without SSH, and under a certificate that is made here: no
# authority could reach the machine, so certbot is left out.
set -eu
cd "$(dirname "$0")/../.."
if [ "${CI:-}" != true ]; then
    echo "✘ This makes a host of the site of the machine that it runs on: its SSH, its packet filter, its services." >&2
    echo "Try: CI=true make site-here, on a machine that is thrown away afterwards" >&2
    exit 1
fi
if [ -e inventory ] || [ -e ansible/group_vars/all/site.yml ]; then
    echo "✘ There is an inventory or a site.yml of a site already. Try: a fresh clone" >&2
    exit 1
fi
name=site.matchcast.test
certificate=/etc/ssl/matchcast
mkdir -p build

# What runners bring along, and would be in the way: a role never moves or drops data that it finds.
for unit in apache2 nginx mysql postgresql docker.socket docker ufw; do
    sudo systemctl disable --quiet --now "$unit" 2>/dev/null || true
done
if command -v pg_lsclusters >/dev/null; then
    pg_lsclusters --no-header | while read -r version cluster rest; do
        sudo pg_dropcluster --stop "$version" "$cluster" </dev/null
    done
fi

# What a host has whom somebody logs in to: SSH that runs, and a key, without which it would not be hardened.
sudo systemctl start ssh
if ! grep -qs '^[^#]' ~/.ssh/authorized_keys; then
    ssh-keygen -q -t ed25519 -N '' -C thrown-away -f build/key
    install -d -m 0700 ~/.ssh
    cat build/key.pub >>~/.ssh/authorized_keys
    rm build/key build/key.pub
fi

echo "127.0.0.1 $name" | sudo tee -a /etc/hosts >/dev/null
sudo install -d -m 0755 "$certificate"
sudo openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/O=$name/CN=$name" \
    -addext "subjectAltName=DNS:$name" -keyout "$certificate/privkey.pem" -out "$certificate/fullchain.pem" 2>/dev/null

sed -e 's/^site ansible_host=203\.0\.113\.10$/site ansible_connection=local/' -e "s/forecasts\.example\.org/$name/" \
    inventory.example >inventory
echo "nginx_certificate: $certificate" >ansible/group_vars/all/site.yml
make secrets environment

play() {
    (cd ansible && PATH="$PWD/../.venv-ansible/bin:$PATH" ansible-playbook site.yml --skip-tags certbot)
}
play
echo "And again: nothing is to change."
play >build/second-run.log || { cat build/second-run.log; exit 1; }
if grep -q 'changed=[1-9]' build/second-run.log; then
    grep -e '^TASK' -e '^changed' build/second-run.log | grep -B 1 '^changed'
    echo "✘ The second run has changed something."
    exit 1
fi
SSL_CERT_FILE=$certificate/fullchain.pem make check-site SITE="$name"

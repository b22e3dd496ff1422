#!/bin/sh
# Runs molecule on a role, on hosts of the rig that MATCHCAST_RIG names: run.sh ROLE COMMAND…
set -e
MATCHCAST_ROOT=$(cd "$(dirname "$0")/../../.." && pwd)
MATCHCAST_RIG=${MATCHCAST_RIG:-roles}
PATH=$MATCHCAST_ROOT/.venv-ansible/bin:$PATH
export MATCHCAST_ROOT MATCHCAST_RIG PATH
role=$1
shift
# What molecule remembers of a scenario belongs to the rig's hosts: another checkout has others.
MOLECULE_EPHEMERAL_DIRECTORY=${MOLECULE_EPHEMERAL_DIRECTORY:-/var/tmp/matchcast-hosts/$MATCHCAST_RIG/molecule/$role}
export MOLECULE_EPHEMERAL_DIRECTORY
cd "$MATCHCAST_ROOT/roles/$role"
exec molecule --base-config "$MATCHCAST_ROOT/tests/hosts/molecule/config.yml" "$@"

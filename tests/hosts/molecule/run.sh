#!/bin/sh
# Runs molecule on a role, on hosts of the rig that MATCHCAST_RIG names: run.sh ROLE COMMAND…
set -e
MATCHCAST_ROOT=$(cd "$(dirname "$0")/../../.." && pwd)
MATCHCAST_RIG=${MATCHCAST_RIG:-roles}
PATH=$MATCHCAST_ROOT/.venv-ansible/bin:$PATH
export MATCHCAST_ROOT MATCHCAST_RIG PATH
role=$1
shift
cd "$MATCHCAST_ROOT/roles/$role"
exec molecule --base-config "$MATCHCAST_ROOT/tests/hosts/molecule/config.yml" "$@"

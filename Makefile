# What one does with this checkout; `make help` lists it. A target that needs the environment first
# sees that it fits the locks, which takes no time when it does.
ENVIRONMENT  = PYTHON="$(PYTHON)" requirements/environment.sh
MATCHCAST    = .venv/bin/matchcast
BIN          = .venv/bin
COMPILE      = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
               --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)
PYTEST       = $(BIN)/python -m pytest
SYSTEM       = tests/browser tests/local

.DEFAULT_GOAL := help
.PHONY: help up down status logs doctor dev test test-quick test-data test-pythons lint format typecheck lock lock-kafka \
        site site-here deploy check-site secrets show-secrets inventory teardown rehearse bench build release clean \
        environment installed browser airflow postgresql ansible hosts lint-roles lint-terraform lint-workflows tflint \
        check-terraform terraform readmes roles role test-besides test-system test-hosts

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# --- run ------------------------------------------------------------------------------------------

up: environment ## start the whole system; Ctrl-C ends it
	@exec $(MATCHCAST) up

down: installed ## end the system that runs, or what a killed one has left
	@$(MATCHCAST) down

status: installed ## show the parts that run, and how they are
	@$(MATCHCAST) status || true

logs: installed ## show the parts' last lines and follow them
	@exec $(MATCHCAST) logs --follow

doctor: ## check what the system needs of this machine; changes nothing
	@PYTHON="$(PYTHON)" requirements/python.sh >/dev/null
	@if [ -x $(MATCHCAST) ]; then $(MATCHCAST) doctor; else echo "! The environment is not made yet. Try: make up"; fi

# --- run on hosts ---------------------------------------------------------------------------------

secrets: ansible ## make every secret of the site, encrypted; keeps those that are there, but ANEW=NAME
	@.venv-ansible/bin/python ansible/make_secrets.py $(ANEW)

show-secrets: ansible ## show them
	@.venv-ansible/bin/python ansible/make_secrets.py --try
	@cd ansible && ../.venv-ansible/bin/ansible-vault view group_vars/all/vault.yml

inventory: ## write the inventory of what `terraform apply` made
	@terraform/inventory.sh

teardown: ## destroy the site that Terraform made, with all its data, once its name is typed
	@terraform/teardown.sh

rehearse: dev ansible terraform hosts ## play terraform apply to HTTPS and back on a host that boots here; KEEP=1 waits
	@exec $(BIN)/python -m tests.hosts.rehearsal $(if $(KEEP),--keep)

site: ansible dev ## turn the hosts of `inventory` into the running site
	@test ! -e ansible/group_vars/all/vault.yml || .venv-ansible/bin/python ansible/make_secrets.py --try
	@cd ansible && PATH="$(CURDIR)/.venv-ansible/bin:$$PATH" ansible-playbook site.yml

deploy: ## bring a release to the site as CI does, told by variables (docs/deploying.md); RELEASE=FOLDER
	@python=$$(PYTHON="$(PYTHON)" requirements/python.sh) && exec "$$python" ansible/deploy.py $(RELEASE:%=--release "%")

check-site: ## see from outside that a site is well: make check-site SITE=forecasts.example.org
	@$(if $(SITE),,echo 'Say which site: make check-site SITE=forecasts.example.org' >&2; exit 2;) \
	python=$$(PYTHON="$(PYTHON)" requirements/python.sh) && exec "$$python" ansible/check_site.py $(SITE)

# --- develop --------------------------------------------------------------------------------------

dev: ## make the environment with the tools for development
	@$(ENVIRONMENT) dev

test-quick: lint typecheck ## lint, types, the order of the rooms, unit tests
	@$(PYTEST) -q -n 2 --dist loadfile tests/unit

test: lint lint-roles lint-terraform lint-workflows typecheck browser airflow postgresql hosts ## everything, against the real things
	$(PYTEST) -n 2 --dist loadfile --durations=10 tests $(SYSTEM:%=--ignore=%) --ignore=tests/hosts
	@$(MAKE) --no-print-directory -j 2 --output-sync=target test-besides test-hosts

test-besides: test-system
	@$(MAKE) --no-print-directory test-pythons

test-system:
	$(PYTEST) --durations=10 $(SYSTEM)

test-hosts:
	$(PYTEST) -n 2 --dist loadfile --durations=10 tests/hosts

test-data: dev ## fetch the open data that tests of real matches read, into .matchcast/test-data/folder
	$(MATCHCAST) history --history .matchcast/test-data fetch
	$(MATCHCAST) history --history .matchcast/test-data export .matchcast/test-data/folder

site-here: ## turn this machine itself into the site: for one that is thrown away, such as CI's
	@tests/hosts/site_here.sh

test-pythons: dev ## types and unit tests on every other Python here that Matchcast runs on
	@requirements/test_pythons.sh

bench: dev airflow ## measure ratios on this machine; asserts nothing
	@for each in api catch_up restart throughput latency streams pipeline airflow; do $(BIN)/python -m benchmarks.$$each || exit; done

lint: dev ## ruff, and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	@$(BIN)/pre-commit validate-config

lint-roles: ansible ## ansible-lint with its production profile, yamllint
	@PATH="$(CURDIR)/.venv-ansible/bin:$$PATH"; yamllint --strict roles ansible tests/hosts && ansible-lint -q

lint-terraform: terraform ## checkov; each exception stands with its reason in the code
	@.venv-terraform/bin/checkov --directory terraform --framework terraform --quiet --compact --skip-download

lint-workflows: ansible ## actionlint, which is built once with Go, and zizmor
	@requirements/go_tool.sh github.com/rhysd/actionlint/cmd/actionlint v1.7.12 -shellcheck= -pyflakes=
	@.venv-ansible/bin/zizmor --quiet --offline --no-progress --persona pedantic .github

tflint: ansible ## tflint; built once, with Go
	@requirements/go_tool.sh github.com/terraform-linters/tflint v0.64.0 --chdir=terraform --recursive

check-terraform: ## Terraform with the provider of its registry: init, fmt, validate, test
	terraform -chdir=terraform init -backend=false -input=false
	terraform -chdir=terraform fmt -check -recursive
	terraform -chdir=terraform validate
	terraform -chdir=terraform test

roles: lint-roles dev hosts ## each role by itself on hosts that boot (root on Debian or Ubuntu)
	$(PYTEST) --durations=0 tests/unit/test_roles.py tests/hosts/test_roles.py

role: ansible hosts ## molecule on one role: make role ROLE=nginx STEP=converge
	@tests/hosts/molecule/run.sh $(ROLE) $(or $(STEP),test)

readmes: dev ## write the roles' pages from their argument_specs, and the tables of terraform/README.md
	@$(BIN)/python ansible/readmes.py
	@$(BIN)/python terraform/readme.py

format: dev ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

typecheck: dev ## mypy, strict
	$(BIN)/mypy

lock: ## compile the locks from pyproject.toml; UPGRADE=--upgrade takes newer versions
	@set -e; tools=$$($(ENVIRONMENT) build); PATH="$$tools/bin:$$PATH"; \
	$(COMPILE) --group build --output-file requirements/build.txt; \
	$(COMPILE) --group airflow --output-file requirements/airflow.txt; \
	$(COMPILE) --group ansible --output-file requirements/ansible.txt; \
	$(COMPILE) --group terraform --output-file requirements/terraform.txt; \
	$(COMPILE) pyproject.toml --output-file requirements/app.txt; \
	$(COMPILE) pyproject.toml --group dev --group build --constraint requirements/app.txt --output-file requirements/dev.txt

lock-kafka: dev ## resolve Kafka's jars anew from requirements/kafka.pom.xml (needs Maven)
	$(BIN)/python requirements/lock_kafka.py

build: ## build the wheel into dist/
	@set -e; tools=$$($(ENVIRONMENT) build); \
	"$$tools/bin/python" -m hatchling build --target wheel

release: ## build what hosts install into a folder of dist/: wheel, locks, hashes
	@set -e; tools=$$($(ENVIRONMENT) build); "$$tools/bin/python" requirements/release.py

clean: ## remove what was built; keeps .matchcast (your matches) and the user's cache
	rm -rf .venv .venv-airflow .venv-ansible .venv-terraform build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
	    src/matchcast/dashboard/static/vendor
	find src tests requirements -name __pycache__ -prune -exec rm -rf {} +

# --- what the others need -------------------------------------------------------------------------

environment:
	@$(ENVIRONMENT) app

installed:
	@test -x $(MATCHCAST) || { echo "Matchcast is not installed here yet. Start it: make up"; exit 1; }

browser:
	@requirements/browser.sh

postgresql:
	@requirements/postgresql.sh

hosts:
	@requirements/hosts.sh

ansible: ## make the environment with Ansible and its tools, in .venv-ansible
	@$(ENVIRONMENT) ansible

terraform: ## make the environment with the tools for testing Terraform, in .venv-terraform
	@$(ENVIRONMENT) terraform

airflow: ## make Airflow's own environment, in .venv-airflow
	@$(ENVIRONMENT) airflow

# govnotify: everything that a person types. `make help` lists it.

# The first Python that will do; `make PYTHON=…` names another.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; \
	done)
STATE ?= .state
N ?= 100000
ROUNDS ?= 20
VENV := .venv
RUN := $(VENV)/bin/python
STARTED := $(shell date +%s.%N)
export PORT STATE ONCE STARTED

.PHONY: help demo codes clean test screenshots test-long test-cluster check messages bench-fanout bench-costs bench-vacuum bench-lanes bench-fairness \
	bench-digest bench-scale bench-search bench-areas bench-push bench-suggestions bench-history bench-enumeration bench-web bench-crash bench-stopping bench-dkim bench-peers chromium iproute2 smtp-sink

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo PORT=8080 STATE=/var/tmp/demo ONCE=1     port of the web server; folder of the data; end after the job"
	@echo "  make bench-fanout N=1000000                        number of recipients"
	@echo "  Servers that DATABASE_URL, REDIS_URL and EMAIL_URL name are used instead of ones started here."

demo: $(VENV)/embedded.installed ## the whole platform on this machine, until Ctrl-C
	@exec $(RUN) -m govnotify.demo

codes: $(VENV)/embedded.installed ## the six digits of this moment for the demo's staff sign-ins
	@$(RUN) -m govnotify.demo.codes "$(STATE)"

clean: ## remove the demo's data
	@$(or $(PYTHON),python3) govnotify/demo/clean.py "$(STATE)"

test: $(VENV)/dev.installed chromium ## every test but the long ones
	$(RUN) -m pytest -q -rs -n 2 --dist worksteal -m "not long"

screenshots: $(VENV)/dev.installed chromium ## a picture of every page and mail into screenshots/, in an index.html; ONLY=word for some
	$(RUN) -W ignore -m tests.browser.gallery screenshots $(addprefix --only ,$(ONLY))

test-long: $(VENV)/dev.installed ## the tests that take minutes
	$(RUN) -m pytest -q -m long --timeout 3600

test-cluster: $(VENV)/dev.installed iproute2 ## two hosts of workers and one with the servers, as network namespaces; as root
	$(RUN) -m pytest -q -rs -s -m long --timeout 3600 tests/cluster

check: $(VENV)/dev.installed ## lint, format, types, import rules, templates, migrations
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy .
	$(VENV)/bin/lint-imports
	find templates -name '*.html' -exec $(VENV)/bin/djade --target-version 5.2 --check {} +
	$(RUN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run  # needs no database
	$(RUN) manage.py check --fail-level WARNING

messages: $(VENV)/dev.installed ## collect what is to be translated into locale/, and compile what is
	DJANGO_SETTINGS_MODULE=govnotify.settings $(RUN) -W ignore -m govnotify.wording

# Each ends with a line of JSON. `N=` says how many recipients; where none is given it is what stands here.
bench-fanout: $(VENV)/dev.installed smtp-sink ## one bulletin to N subscribers, beside the limit of this machine
	$(RUN) -m bench.fanout --recipients $(N)

bench-costs: N = 1000000
bench-costs: $(VENV)/dev.installed ## where the microseconds and bytes of a bulletin to N people go
	$(RUN) -m bench.costs --recipients $(N)

bench-vacuum: N = 500000
bench-vacuum: $(VENV)/dev.installed ## six bulletins to N people in a large month: whether autovacuum keeps up, with our settings and with none
	$(RUN) -m bench.vacuum --recipients $(N)

bench-lanes: N = 1000000
bench-lanes: $(VENV)/dev.installed ## an emergency, idle and beside a bulletin to N people and a digest run
	$(RUN) -m bench.lanes --routine $(N)

bench-fairness: N = 1000000
bench-fairness: $(VENV)/dev.installed ## a small bulletin of one agency beside another's to N people
	$(RUN) -m bench.fairness --large $(N)

bench-digest: N = 1000000
bench-digest: $(VENV)/dev.installed ## a day's digests to N people
	$(RUN) -m bench.digest --recipients $(N)

bench-scale: $(VENV)/dev.installed ## audiences, first message and disk at 12 million subscribers
	$(RUN) -m bench.scale

bench-crash: N = 50000
bench-crash: $(VENV)/dev.installed ## ROUNDS bulletins to N people with a fault in each; SEED= plays one again
	$(RUN) -m bench.crash --rounds $(ROUNDS) --recipients $(N) $(if $(SEED),--seed $(SEED))

bench-stopping: $(VENV)/dev.installed ## how soon a bulletin to N people is paused, cancelled and corrected
	$(RUN) -m bench.stopping --recipients $(N)

bench-search: $(VENV)/dev.installed ## search, archive and home among a million texts
	$(RUN) -m bench.search

bench-areas: N = 200000
bench-areas: $(VENV)/dev.installed ## a bulletin about places to N people
	$(RUN) -m bench.areas --subscribers $(N)

bench-push: N = 20000
bench-push: $(VENV)/dev.installed ## a bulletin to N browsers, beside a bare client
	$(RUN) -m bench.push --browsers $(N)

bench-suggestions: $(VENV)/dev.installed ## what people who follow this also follow
	$(RUN) -m bench.suggestions

bench-history: N = 1000000
bench-history: $(VENV)/dev.installed ## the page of what was sent to one person, among N deliveries
	$(RUN) -m bench.history --deliveries $(N)

bench-enumeration: N = 2000
bench-enumeration: $(VENV)/dev.installed ## whether the time of an answer tells that an address is known, N times for each kind
	$(RUN) -m bench.enumeration --requests $(N)

bench-web: N = 1000000
bench-web: $(VENV)/dev.installed ## every page under load, with N subscribers in the database
	$(RUN) -m bench.web --subscribers $(N)

bench-dkim: $(VENV)/dev.installed ## what signing in process costs
	$(RUN) -m bench.dkim

bench-peers: N = 200000
bench-peers: $(VENV)/dev.installed ## us beside what a Django team would pick instead; MAILMAN=1 adds Mailman 3
	$(RUN) -m bench.peers --recipients $(N) $(if $(MAILMAN),--mailman)

# $(call packages,NAMES,FOR WHAT): root gets Debian's, others go on without. Nothing is removed for them.
define packages
[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing the packages $(1) for $(2) …" \
	&& export DEBIAN_FRONTEND=noninteractive && apt-get update -qq </dev/null \
	&& apt-get install -y -qq --no-install-recommends --no-remove $(1) </dev/null >/dev/null
endef

# The tests that look at pages need a browser, and the program that drives it needs libatomic. In CI a missing one is a
# failure.
HAS_BROWSER := command -v chromium >/dev/null && /sbin/ldconfig -p | grep -q libatomic.so.1
chromium:
	@{ $(HAS_BROWSER); } || { $(call packages,chromium libatomic1,the browser tests); } || true
	@{ $(HAS_BROWSER); } || { echo "THE BROWSER TESTS ARE SKIPPED: they need apt install chromium libatomic1."; \
		[ "$$CI" != true ]; }

# The tests on several hosts make them with the command ip.
iproute2:
	@command -v ip >/dev/null || { $(call packages,iproute2,the tests on several hosts); } || true

# What the limit of the fan-out is measured on: Postfix's smtp-sink. Not configured, the package starts no mail server.
HAS_SINK := PATH="$$PATH:/usr/sbin" command -v smtp-sink >/dev/null
UNCONFIGURED := postfix postfix/main_mailer_type select No configuration
smtp-sink:
	@{ $(HAS_SINK); } || { [ "$$(id -u)" = 0 ] && echo "$(UNCONFIGURED)" | debconf-set-selections 2>/dev/null; \
		$(call packages,postfix,its smtp-sink); } || true
	@{ $(HAS_SINK); } || { echo "WITHOUT smtp-sink (apt install postfix, which takes the place of another mail server) the limit is that of"; \
		echo "our own null server, which does next to nothing: the ratio is then less than half of that in docs/performance.md."; }

# Installed again only when its lock has changed. The development lock holds the demo's as well.
$(VENV)/%.installed: requirements/%.txt | $(RUN)
	@echo "Installing $< into $(VENV) …"
	@$(RUN) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install -qq --root-user-action ignore --disable-pip-version-check --no-deps --no-compile --require-hashes -r $<
	@touch $@

$(RUN):
	@[ -n "$(PYTHON)" ] || { \
		echo "No Python here will do: 3.11 or newer is needed, with its module venv. This machine's python3 is:"; \
		python3 --version 2>&1; \
		echo "Debian: apt install python3 python3-venv. Elsewhere name yours: make PYTHON=/path/to/python3.11"; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The only entry: every target installs what it needs and is missing, and says so.

SWIFT ?= swift
BUILD_FLAGS ?=
# Every build of tests is this one, so that the checks cost no second build: a module that is used and not declared is
# an error, and so is every warning (Package.swift).
BUILD_TESTS = $(SWIFT) build --build-tests --explicit-target-dependency-import-check error $(BUILD_FLAGS)
RUN_TESTS = scripts/run-tests $(SWIFT) test --skip-build $(BUILD_FLAGS)
SOURCES := Package.swift Sources Tests Benchmarks

# Cache files that `make bench` makes; 1000000 for the figures in the documents.
OBJECTS ?= 200000
BENCH_FLAGS ?=
# `make fuzz`: rounds of each property and which properties; `make torture`, `hostile`, `space`: seconds; `make cases`:
# configurations; all: the seed.
ITERATIONS ?= 200000
SEED := $(or $(SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' '))
FILTER ?= FuzzTests
DURATION ?= 300
# `make overload`: how much more than in the short run of `make test`.
SCALE ?= 20
COUNT ?= 200
# `make earlier-package`: the last commit whose agents write format 1 of the state.
COMMIT ?= a0f9e2d
# `make ask-bench`: how often each server has its turn.
ROUNDS ?= 10
# Tests that `make test` runs at once: real brokers, nginx and browsers are among them, so that more only make each
# other late.
TESTS_AT_ONCE ?= 6
# Debian packages: to build (headers), to run the tests and the demo (nginx, kcat, setpriv from util-linux).
PACKAGES := librdkafka-dev librocksdb-dev zlib1g-dev pkg-config nginx-light kcat util-linux
# Debian packages that only tests need: promtool, which checks alert rules (its server is not started); a browser for
# the dashboard; Python for the Cloudflare SDK and the fuzzer; openssl for certificates; curl for the examples of the
# README; PHP, whose answers nginx caches as FastCGI records; strace to make a write of nginx slow; patch, which takes
# what setup shows; Lua in nginx; groff and shellcheck for man pages and maintainer scripts; systemd, which judges
# units.
TEST_PACKAGES := prometheus chromium chromium-driver python3-venv openssl curl php8.2-fpm strace patch \
	libnginx-mod-http-lua groff-base shellcheck systemd
# What `make deb` needs: the archives are of what RocksDB needs, and are linked into the program.
DEB_PACKAGES := debhelper lintian libsnappy-dev liblz4-dev libzstd-dev libbz2-dev libgflags-dev

.PHONY: help setup build release demo test test-kafka fuzz simulate torture overload hostile instant cases \
	kafka-trial systemd deb package-test earlier-package transcript release-archive ansible-test image image-test \
	check lint fmt bench load space ask-bench completions screenshot clean

help: ## Lists the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: ## Installs the Debian packages that are missing; checks that Swift is there and new enough.
	@scripts/setup $(PACKAGES)

build: setup ## Builds everything, for development.
	$(SWIFT) build $(BUILD_FLAGS)

release: setup ## Builds the optimised program: .build/release/edge-purge
	env $$(scripts/source-version) $(SWIFT) build -c release --product edge-purge $(BUILD_FLAGS)

demo: setup ## Three nginx caches, an agent each, a purge confirmed on all of them.
	$(SWIFT) build --product edge-purge $(BUILD_FLAGS)
	@exec "$$($(SWIFT) build --show-bin-path)/edge-purge" dev

# The official Cloudflare SDK and an API fuzzer, for tests of the control plane.
.build/venv/installed: scripts/test-requirements.txt
	python3 -m venv .build/venv
	.build/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

test: setup lint ## Formatting, warnings, undeclared imports, and all tests, with real nginx and a broker of our own.
	@scripts/setup $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory .build/venv/installed
	$(BUILD_TESTS)
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(TESTS_AT_ONCE) $(RUN_TESTS)

# Tests that need a broker to misbehave bring one of their own all the same.
test-kafka: setup ## All tests that talk to Kafka, on a cluster of yours (KAFKA_BOOTSTRAP_SERVERS=kafka1:9092).
	@: $${KAFKA_BOOTSTRAP_SERVERS:?names no cluster, give one: make test-kafka KAFKA_BOOTSTRAP_SERVERS=kafka1:9092}
	@scripts/setup $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory .build/venv/installed
	$(BUILD_TESTS)
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(TESTS_AT_ONCE) $(RUN_TESTS) --filter '(Kafka|EndToEnd)Tests\.'

check: setup lint ## Formatting, warnings, undeclared imports, without running the tests.
	$(BUILD_TESTS)

lint: setup ## Formatting only: what make fmt would change.
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

fmt: setup ## Formats the sources.
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

fuzz: setup ## Everything that reads foreign bytes, for long (ITERATIONS=1000000 SEED=7 FILTER=CacheFileFuzzTests).
	$(BUILD_TESTS)
	@echo "SEED=$(SEED)"
	EDGE_PURGE_FUZZ_ITERATIONS=$(ITERATIONS) EDGE_PURGE_FUZZ_SEED=$(SEED) $(RUN_TESTS) --filter $(FILTER)

simulate: setup ## Short histories of everything under a simulated clock, for long (ITERATIONS=1000000 SEED=7).
	$(BUILD_TESTS)
	EDGE_PURGE_FUZZ_ITERATIONS=$(ITERATIONS) EDGE_PURGE_FUZZ_SEED=$(SEED) $(RUN_TESTS) --filter SimulationTests

overload: setup ## What a purge of one page takes while others flood (SCALE=20 SEED=7).
	$(BUILD_TESTS)
	EDGE_PURGE_OVERLOAD_SCALE=$(SCALE) EDGE_PURGE_OVERLOAD_SEED=$(SEED) $(RUN_TESTS) --filter OverloadTests

hostile: setup ## Tenants that do their worst, and what the purges of an honest one take meanwhile (DURATION=60).
	$(BUILD_TESTS)
	EDGE_PURGE_HOSTILE_DURATION=$(DURATION) $(RUN_TESTS) --filter HostileTests

torture: setup ## Real caches and agents under faults (DURATION=1800 SEED=7 ASK=guard TIERS=1 BROKER=command).
	$(BUILD_TESTS)
	EDGE_PURGE_TORTURE_BROKER='$(BROKER)' EDGE_PURGE_TORTURE_DURATION=$(DURATION) EDGE_PURGE_TORTURE_SEED=$(SEED) \
		EDGE_PURGE_TORTURE_ASK=$(ASK) EDGE_PURGE_TORTURE_RECLAIM=$(RECLAIM) EDGE_PURGE_TORTURE_TIERS=$(TIERS) \
		$(RUN_TESTS) --filter TortureTests

instant: setup ## How soon nobody gets what a purge of everything names, where nginx asks (OBJECTS=1000000).
	$(BUILD_TESTS)
	EDGE_PURGE_INSTANT_OBJECTS=$(OBJECTS) $(RUN_TESTS) --filter InstantTests

cases: setup ## Configurations of nginx as people have them, drawn by a seed (COUNT=200 SEED=7), and fixed ones.
	@scripts/setup $(TEST_PACKAGES)
	$(BUILD_TESTS)
	EDGE_PURGE_CASES=$(COUNT) EDGE_PURGE_CASES_SEED=$(SEED) $(RUN_TESTS) --filter 'CaseTests'

kafka-trial: setup .build/venv/installed ## What befalls clusters, on yours (BROKER=command ONLY="retention").
	$(SWIFT) build --product edge-purge $(BUILD_FLAGS)
	@.build/venv/bin/python scripts/kafka-trial "$$($(SWIFT) build --show-bin-path)/edge-purge" \
		$(if $(BROKER),--broker '$(BROKER)') $(if $(ONLY),--only $(ONLY))

systemd: setup ## The units of deploy/systemd under a real systemd, in namespaces of its own. Needs root.
	@scripts/setup systemd
	$(SWIFT) build --product edge-purge $(BUILD_FLAGS)
	@scripts/systemd-trial "$$($(SWIFT) build --show-bin-path)/edge-purge"

deb: setup ## The package for Debian and Ubuntu, with Swift and RocksDB in it: .build/packages/*.deb
	@scripts/setup $(DEB_PACKAGES)
	@scripts/debian-package $(SWIFT)

package-test: deb ## The package on a fresh Debian under systemd (SUITE=trixie OLD=package). Root.
	@scripts/setup mmdebstrap
	@scripts/package-trial "$$(ls -t .build/packages/edge-purge_*.deb | head -n 1)" $(OLD)

earlier-package: setup ## The package of an earlier commit, by default of 0.1.0, for OLD=: .build/earlier/*.deb
	@scripts/setup $(DEB_PACKAGES)
	@scripts/earlier-package $(SWIFT) $(COMMIT)

transcript: deb ## What a new user types and sees, for docs/operating/first-purge.md. Root.
	@scripts/setup mmdebstrap
	@scripts/install-transcript "$$(ls -t .build/packages/edge-purge_*.deb | head -n 1)"

release-archive: deb .build/venv/installed ## A release in .build/release-archive: package, archive, SBOM, checksums.
	@scripts/release-archive $(SWIFT)

ansible-test: deb ## The Ansible role on a fresh Debian, twice. Root.
	@scripts/setup mmdebstrap
	@scripts/ansible-trial "$$(ls -t .build/packages/edge-purge_*.deb | head -n 1)"

image: deb ## The container image, from Debian's packages and ours: .build/image/edge-purge.tar
	@scripts/setup mmdebstrap buildah
	@scripts/image "$$(ls -t .build/packages/edge-purge_*.deb | head -n 1)"

image-test: image ## The image as agent and control plane beside nginx, read-only and without root. Root.
	@scripts/setup podman runc conmon
	@scripts/image-trial .build/image/edge-purge.tar

bench: setup ## The figures of docs/architecture.md, as ratios within one run (OBJECTS=1000000: more files).
	$(SWIFT) build -c release $(BUILD_FLAGS)
	@exec "$$($(SWIFT) build -c release --show-bin-path $(BUILD_FLAGS))/EdgePurgeBenchmarks" \
		--objects $(OBJECTS) $(BENCH_FLAGS)

load: setup ## 5,000 keys a second for 60 s on three real caches: every purge confirmed, lag back to 0.
	$(SWIFT) build -c release $(BUILD_FLAGS)
	@exec "$$($(SWIFT) build -c release --show-bin-path $(BUILD_FLAGS))/EdgePurgeBenchmarks" --part load $(BENCH_FLAGS)

space: setup ## What a small disk holds while purges come, with files.reclaim nginx and now. Root (DURATION=600).
	$(SWIFT) build --product edge-purge $(BUILD_FLAGS)
	@scripts/space-trial "$$($(SWIFT) build --show-bin-path)/edge-purge" --seconds $(DURATION)

ask-bench: setup ## What a hit costs where nginx asks, and an answer. Root (ROUNDS=10).
	@scripts/setup libnginx-mod-http-lua
	$(SWIFT) build -c release --product edge-purge $(BUILD_FLAGS)
	@scripts/ask-bench "$$($(SWIFT) build -c release --show-bin-path $(BUILD_FLAGS))/edge-purge" --rounds $(ROUNDS)

completions: build ## Completion for bash, zsh and fish: .build/completions
	@mkdir -p .build/completions
	@program="$$($(SWIFT) build --show-bin-path)/edge-purge"; \
	$$program --generate-completion-script bash >.build/completions/edge-purge.bash; \
	$$program --generate-completion-script zsh >.build/completions/_edge-purge; \
	$$program --generate-completion-script fish >.build/completions/edge-purge.fish
	@ls .build/completions

screenshot: setup ## The dashboard, for the README: docs/images/dashboard.png (MINUTES=20: a longer chart).
	@scripts/setup $(TEST_PACKAGES) fonts-inter
	$(SWIFT) build --product edge-purge $(BUILD_FLAGS)
	@scripts/screenshot "$$($(SWIFT) build --show-bin-path)/edge-purge" $(MINUTES)

clean: ## Removes what was built.
	rm -rf .build

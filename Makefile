# Every command that people and CI use; `make` alone prints them.
.DEFAULT_GOAL := help
.PHONY: help bootstrap build test test-fast check fmt demo run deb attack trial fuzz bench clean packages-build packages-demo packages-test packages-bench packages-check packages-trial

# One import without a declared dependency fails every build, as it would fail a clean one.
IMPORTS := --explicit-target-dependency-import-check error
# Swift's runtime uses a small part of libstdc++; linked in, that part saves every process 1 MB and 1 ms of its start.
RELEASE := -c release --static-swift-stdlib -Xswiftc -L$(CURDIR)/.build/static $(IMPORTS)
# Of each target. Unoptimised, so that a read beyond a buffer traps as well.
FUZZ_SECONDS ?= 600
SWIFT_SOURCES := Package.swift Sources Tests scripts $(wildcard Benchmarks)
# The same rules as Tests/ArchitectureTests, compiled by themselves: seconds, not a whole build.
RULES := $(wildcard Tests/ArchitectureTests/Rules/*.swift) scripts/architecture/main.swift

help: ## Print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

bootstrap: packages-bench ## Install what building, testing and benchmarking need, when it is missing

build: packages-build .build/static ## Build the program for release, Swift's standard library linked in
	swift build $(RELEASE) --product slipway

test: packages-test ## Build and run every test
	swift build --build-tests $(IMPORTS)
	@scripts/test.sh

test-fast: packages-build ## Build and run the tests that take seconds: no end-to-end ones
	swift build --build-tests $(IMPORTS)
	@scripts/test.sh --skip EndToEndTests

check: packages-check .build/architecture ## Check format, scripts, imports and architecture, in under a minute
	swift format lint --strict --parallel --recursive --configuration .swift-format $(SWIFT_SOURCES)
	@scripts/check-scripts.sh
	@.build/architecture .

fmt: packages-check ## Format every Swift file
	swift format --in-place --parallel --recursive --configuration .swift-format $(SWIFT_SOURCES)

demo: packages-demo build ## Deploy, change, plan and destroy an example, with nothing but Terraform's builtin provider
	@scripts/demo.sh

run: packages-demo build ## Build, and start a server; prints its address and the administrator's token
	@scripts/run.sh

deb: build ## Build .build/slipway_VERSION_ARCH.deb, which installs the server with its own user
	@scripts/deb.sh

attack: packages-demo build ## Hundreds of hostile runs beside honest ones, as root and as an ordinary user (an hour)
	@scripts/attack.sh

trial: packages-trial deb ## Install the package in a virtual machine and try it there with systemd (15 minutes)
	@scripts/try-package.sh

fuzz: packages-build ## Try what reads strangers' bytes with mutated ones; FUZZ_SECONDS and FUZZ_TARGETS say how long, and what
	swift build --product slipway-fuzz $(IMPORTS)
	.build/debug/slipway-fuzz $(FUZZ_TARGETS) --seconds $(FUZZ_SECONDS)

bench: packages-bench .build/static ## Measure; prints medians with their aims
	swift build $(RELEASE) --product slipway
	swift build $(RELEASE) --product slipway-bench
	@scripts/bench.sh

clean: ## Remove what was built and the tests' virtual environment
	rm -rf .build .venv .cache

packages-build packages-demo packages-test packages-bench packages-check packages-trial: packages-%:
	@scripts/bootstrap.sh $*

.build/static:
	@mkdir -p $@
	@archive=$$(clang -print-file-name=libstdc++.a); [ ! -f "$$archive" ] || ln -s "$$archive" $@/

.build/architecture: $(RULES)
	@mkdir -p .build
	@swiftc -O -swift-version 6 -warnings-as-errors -o $@ $(RULES)

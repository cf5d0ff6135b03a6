# One configuration serves the demo, the tests and the benchmarks, so that nothing is built twice.
SWIFT_BUILD := swift build -c release --explicit-target-dependency-import-check error
STAGE := integration/scripts/stage
BERTH := .build/release/berth

# These keep every core busy; the others keep times, which they would miss beside them or beside each other.
PURE := ^(PlacementTests|PlannerTests|SimulatorTests|ControllerDecisionsTests)\.

.PHONY: demo test build setup lint format bench soak fuzz install clean

demo: build
	@integration/scripts/demo

test: build-tests lint
	@$(STAGE) "fuzz" env SECONDS_EACH=4 fuzz/run
	@$(STAGE) "unit tests" swift test -c release --skip-build --no-parallel --skip "IntegrationTests|$(PURE)"
	@$(STAGE) "unit tests of what only computes" swift test -c release --skip-build --parallel --filter "$(PURE)"
	@$(STAGE) "integration tests (real processes, real guests)" swift test -c release --skip-build --no-parallel --filter IntegrationTests

setup:
	@integration/scripts/setup

build: setup
	@$(STAGE) "build" $(SWIFT_BUILD)

.PHONY: build-tests
build-tests: setup
	@$(STAGE) "build with tests" $(SWIFT_BUILD) --build-tests

lint:
	@$(STAGE) "lint" swift format lint --strict --parallel --recursive Package.swift Sources Tests integration

format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests integration

bench: build
	@integration/benchmarks/run

soak: build-tests
	@integration/scripts/soak

# Ten seconds each; SECONDS_EACH=600 make fuzz for longer.
fuzz: build
	@fuzz/run

PREFIX ?= /usr/local
install: build
	install -D -m 0755 $(BERTH) $(DESTDIR)$(PREFIX)/bin/berth
	install -D -m 0755 .build/release/berth-cage $(DESTDIR)$(PREFIX)/bin/berth-cage

clean:
	rm -rf .build

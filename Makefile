# `make help` lists what there is. Everything works from a clean clone with Swift 6.3 on Debian 12 and root.

PREFIX ?= /usr/local
RELEASE := .build/release/halite

.PHONY: help deps build test demo demo-down bench fmt check install

help: ## Lists the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Installs the Debian packages that building and the lab need
	@scripts/install-deps

build: deps ## Builds the release binary
	swift build -c release --static-swift-stdlib --product halite

test: deps ## Runs everything that CI runs
	scripts/test

demo: build ## Deploys the example environment onto hosts made out of this machine
	scripts/demo $(RELEASE)

demo-down: ## Removes what `make demo` made
	$(RELEASE) lab down campus

bench: build ## Measures start, memory and speed; SALT=DIR compares with Salt's commands (and Jinja2, PyYAML) there
	swift build -c release --static-swift-stdlib --product halite-bench
	scripts/bench $(RELEASE) $(if $(SALT),--salt $(SALT))
	$(if $(SALT),scripts/bench-jinja --python $(SALT)/python .build/release/halite-bench)
	$(if $(SALT),scripts/bench-yaml $(SALT)/python .build/release/halite-bench)
	scripts/bench-states $(if $(SALT),--salt $(SALT)) $(RELEASE)
	scripts/bench-modules $(if $(SALT),--salt $(SALT)) $(RELEASE)

fmt: ## Formats the sources
	swift format -i -r Sources Tests Package.swift

check: ## Checks layers, generated files and format
	scripts/check-layers
	scripts/generate-registry --check
	swift format lint -r -s Sources Tests Package.swift

install: build ## Installs the binary under its own and Salt's names
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(RELEASE) $(DESTDIR)$(PREFIX)/bin/halite
	@for name in salt salt-call salt-run salt-key salt-master salt-minion; do \
		ln -sf halite $(DESTDIR)$(PREFIX)/bin/$$name; done

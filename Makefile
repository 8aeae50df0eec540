# The two commands of the README: `make run` and `make test`. The rest is for those who change things.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STATIC := src/tradewind/ui/static/index.html
MARK   := .make
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Images that forbid Python to keep what it compiled make each of our processes compile all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install run test test-ctp-front check kills production wheel bench bench-web soak-web docs site clean page
help:
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

# A stamp per lock file: a second start finds them newer than their sources and needs no network. The stamps of a folder
# that somebody removed count for nothing.
$(shell test -x $(BIN)/python || rm -f $(MARK)/venv $(MARK)/uv $(MARK)/base $(MARK)/dev $(MARK)/site)
$(shell test -d web/node_modules || rm -f $(MARK)/web)
$(MARK)/venv:
	@mkdir -p $(MARK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tradewind needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11 run"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@touch $@

$(MARK)/uv: $(MARK)/venv
	@test -x $(BIN)/uv || { command -v uv >/dev/null && ln -sf "$$(command -v uv)" $(BIN)/uv; } || $(BIN)/pip install --quiet uv
	@touch $@

$(MARK)/base: requirements/base.txt requirements/build.txt pyproject.toml | $(MARK)/uv
	@echo "installing Tradewind into $(VENV)"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --only-binary :all: -r requirements/base.txt -r requirements/build.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# The compiled core again when its sources change; without a compiler it says so and is left out.
$(MARK)/native: hatch_build.py $(wildcard src/tradewind/native/*.c src/tradewind/native/*.h) $(MARK)/base
	@$(BIN)/python hatch_build.py
	@touch $@

$(MARK)/dev: requirements/dev.txt requirements/programs.txt $(MARK)/base $(MARK)/native
	@echo "installing what tests and checks need"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements/programs.txt
	@touch $@

# What builds the documentation site.
$(MARK)/site: requirements/site.txt | $(MARK)/uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --only-binary :all: -r requirements/site.txt
	@touch $@

$(MARK)/web: web/package-lock.json | $(MARK)/venv
	@echo "installing the front-end's tools"
	@cd web && npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

$(STATIC): $(MARK)/web $(shell find web/src web/client/src web/public web/index.html web/*.ts -type f 2>/dev/null)
	@echo "building the page"
	@cd web && npm run --silent build
	@touch $@

page:
	@found=$$(node -p process.versions.node 2>/dev/null) || found=none; \
	case "$${found%%.*}" in \
	none|?|1?) test -f $(STATIC) && page="is served as it was built before" || page="is left out, everything else is served"; \
		echo "Node 20 or newer is not here (found: $$found): the page $$page." ;; \
	*) $(MAKE) --silent --no-print-directory $(STATIC) ;; \
	esac

install: $(MARK)/native ## make .venv and install Tradewind into it

run: $(MARK)/native ## start everything in one process on http://127.0.0.1:8888
	@$(MAKE) --no-print-directory page || echo "The page could not be built (why stands above): it is left out, everything else is served."
	@exec $(BIN)/tradewind run

test: $(MARK)/dev $(MARK)/site ## install what tests need, then run every test and check
	@$(BIN)/python tests/run_all.py

test-ctp-front: $(MARK)/dev ## test against the CTP front that CTP_TD_FRONT, CTP_USER_ID … name (docs/how-to/ctp-front.en.md, 4)
	@$(BIN)/pytest -q -rs tests/process/test_ctp_any_front.py

check: $(MARK)/dev $(MARK)/web ## formatting, lint, types, import rules, architecture, front-end lint
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/architecture
	@cd web && npm run --silent check

kills: $(MARK)/dev ## kill everything once at every step of an instruction (5 minutes; `make test` takes two rounds of six)
	@DESK_KILLS=all $(BIN)/pytest -q tests/process/test_desk_kills.py

# What production mode needs beyond the base, and where there is no MongoDB a server that stands in for it.
$(MARK)/production: requirements/production.txt requirements/standin.txt $(MARK)/base $(MARK)/native
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --only-binary :all: -r requirements/production.txt
	@command -v mongod >/dev/null || $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --only-binary :all: -r requirements/standin.txt
	@touch $@

production: $(MARK)/production ## every real server and every service on this machine (docs/deployment.md)
	@$(MAKE) --no-print-directory page
	@exec $(BIN)/tradewind production up

wheel: $(MARK)/dev $(STATIC) ## dist/: the wheel, the same bytes each time, and what is in it (CycloneDX)
	@rm -rf dist && mkdir dist
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m hatchling build -t wheel
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible -o dist/sbom-python.cdx.json requirements/production.txt
	@cd web && npm sbom --silent --package-lock-only --omit dev --sbom-format cyclonedx > ../dist/sbom-page.cdx.json
	@cd dist && sha256sum * > SHA256SUMS && cat SHA256SUMS

bench: $(MARK)/dev ## measure this machine: line, push, api
	@$(BIN)/tradewind bench line
	@$(BIN)/tradewind bench push
	@$(BIN)/tradewind bench api

bench-web: $(MARK)/dev page ## measure the page in Chromium while 20 000 ticks a second come in
	@$(BIN)/tradewind bench web

soak-web: $(MARK)/dev page ## the same, and watch the page's memory for 30 minutes
	@$(BIN)/tradewind bench web --minutes 30

docs: $(MARK)/base ## regenerate docs/{config,topics,risk-rules,rights,rest,hsapi}.md, docs/alerts, deploy/
	@$(BIN)/tradewind config doc > docs/config.md
	@$(BIN)/python -m tradewind.runtime.topics_page > docs/topics.md
	@$(BIN)/python -m tradewind.runtime.risk_rules_page > docs/risk-rules.md
	@$(BIN)/python -m tradewind.runtime.rights_page > docs/rights.md
	@$(BIN)/python -m tradewind.runtime.rest_page > docs/rest.md
	@$(BIN)/python -m tradewind.runtime.hsapi_page > docs/hsapi.md
	@$(BIN)/python -m tradewind.runtime.hsapi_page en > docs/hsapi.en.md
	@$(BIN)/python -m tradewind.runtime.monitoring.handbook
	@$(BIN)/tradewind monitoring deploy/monitoring --set bus.kind=redis > /dev/null
	@$(BIN)/tradewind deploy files deploy > /dev/null

site: $(MARK)/site ## build/site: the documentation in Chinese and English; look at it: python3 -m http.server -d build/site
	@$(BIN)/python docs/site/build.py

lock: $(MARK)/uv ## resolve requirements/*.txt anew (hashes, no download addresses)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/base.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/build.in -o requirements/build.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements/base.txt --extra production pyproject.toml -o requirements/production.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements/production.txt requirements/standin.in -o requirements/standin.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-deps requirements/programs.in -o requirements/programs.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements/base.txt -c requirements/build.txt pyproject.toml requirements/dev.in -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements/dev.txt requirements/site.in -o requirements/site.txt

clean: ## remove everything that can be made again
	@rm -rf $(VENV) $(MARK) src/tradewind/native/*.so src/tradewind/ui/static web/node_modules web/client/dist web/client/LICENSE dist build test-artifacts .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

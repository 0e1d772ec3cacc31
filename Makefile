# Queries are checked against .sqlx, so that no build needs a database.
export SQLX_OFFLINE := true

.DEFAULT_GOAL := help
.PHONY: help run test test-database test-faults check prepare mutants bench search-quality load figures

help: ## Says what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: ## Serves a catalogue on 127.0.0.1:8080 from nothing (PRODUCTS=5000000 for the full size, ENGINE=mysql on MySQL)
	@scripts/run

test: ## Runs every test against a private MariaDB and Redis (ENGINE=mysql: MySQL)
	@scripts/test

test-database: ## Runs the tests that ask a database, and no browser: ENGINE=mysql make test-database
	@scripts/test database

check: ## Checks format, lints, documentation, its promises and figures, and the checked SQL
	cargo fmt --all --check
	@scripts/check-promises
	@scripts/fill-figures check
	cargo clippy --workspace --all-targets --features openrace/fail-points -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --workspace
	@scripts/check-sql

prepare: ## Writes .sqlx anew after a query or a migration has changed
	@scripts/check-sql write

test-faults: ## Kills and cuts nodes, servers and wires for as many seeds as you like: SEEDS=100 FIRST_SEED=1
	SEEDS=$(or $(SEEDS),100) FIRST_SEED=$(or $(FIRST_SEED),1) cargo test --release -p openrace \
		--features fail-points --test faults -- --test-threads=1 --nocapture

mutants: ## Lists small mistakes in the code that no test would notice: FILES=index/src/facets.rs, or in all that is not committed
	@scripts/mutants $(FILES)

bench: ## Runs the benches; OPENRACE_BENCH_PRODUCTS sets the size
	cargo bench

search-quality: ## Tells how often a shopper finds what was wanted, however it is typed: NAMES=products.csv
	cargo run --release --quiet --example search_quality -- $(if $(NAMES),--names $(NAMES))

load: ## Measures orders of one product, beside two simpler ways, on a private MariaDB and Redis
	@scripts/compare-orders

figures: ## Measures what README.md and docs/benchmarks.md print, and writes it there (PRODUCTS=5000000 for the full size)
	@PRODUCTS=$(PRODUCTS) scripts/figures

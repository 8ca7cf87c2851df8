# The verbs of everyday work. `just` alone lists them.

_list:
    @just --list --unsorted

# Start the server on ./data
serve *arguments:
    cargo run --release -- serve {{arguments}}

# Run all tests; with TEST_DATABASE_URL set (see pg) on PostgreSQL too
test *arguments:
    cargo test {{arguments}}

# Format, then let clippy judge
lint:
    cargo fmt
    cargo clippy --all-targets -- -D warnings

# Write openapi/*.json anew from the code
openapi:
    cargo run -- openapi

# Compare our speed with its limits and peers; `just bench growth`: with longer journals and more members
bench *arguments:
    cargo bench --bench load -- {{arguments}}

# Time the pure rules over one to ten years of days
bench-domain *arguments:
    cargo bench --bench domain -- {{arguments}}

# Requests that are nearly right, for so many seconds on each database; FUZZ_SEED repeats a finding
fuzz seconds="600":
    FUZZ_SECONDS={{seconds}} cargo test --test api fuzz:: -- --nocapture

# What the program is made of, as CycloneDX JSON beside Cargo.toml
sbom:
    .ci/sbom >recovery-journal.cdx.json

private_postgres := "/tmp/recovery-journal-postgres"

# Start a private PostgreSQL and print what to export; again: stop and remove it
pg:
    @if [ -d {{private_postgres}} ]; then .ci/postgres stop {{private_postgres}} && echo stopped; \
     else echo "export TEST_DATABASE_URL=$(.ci/postgres start {{private_postgres}})"; fi

# Everything that must hold before a change is shared
ci:
    .ci/run

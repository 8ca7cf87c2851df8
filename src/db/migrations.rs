//! The schema's history of both engines, inside the binary, run at every start.

use std::path::Path;
use std::time::Duration;

use diesel::migration::{MigrationSource, MigrationVersion};
use diesel_async::AsyncMigrationHarness;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::files::Claim;
use super::postgres::Address;
use super::sqlite;
use crate::config::DatabaseUrl;
use crate::error::{Code, Error, Result};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Tries when another process migrates the same database at the same moment.
const TRIES: u32 = 20;

/// How many migrations the schema consists of; `/v1/meta` gives it as `schema_version`.
pub fn version() -> usize {
    MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).map_or(0, |all| all.len())
}

/// Brings the schema up to date and answers how many migrations that took.
pub fn run(database: &DatabaseUrl) -> Result<usize> {
    match database {
        DatabaseUrl::Sqlite(path) => {
            let _claim = Claim::shared(path)?;
            run_sqlite(path)
        }
        DatabaseUrl::Postgres(url) => run_postgres(url),
    }
}

/// Whether the SQLite schema's history knows this version.
pub(super) fn knows(version: &str) -> bool {
    let known = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).unwrap_or_default();
    known.iter().any(|migration| migration.name().version() == MigrationVersion::from(version))
}

/// Brings an SQLite file up to date and answers how many migrations that took.
pub fn run_sqlite(path: &Path) -> Result<usize> {
    sqlite::connect(path)?.run_pending_migrations(SQLITE).map(|done| done.len()).map_err(Error::internal)
}

/// Brings a PostgreSQL database up to date and answers how many migrations that took. Diesel's migration
/// runner blocks its thread, so it gets a thread and a runtime of its own.
pub(super) fn run_postgres(url: &str) -> Result<usize> {
    std::thread::scope(|scope| scope.spawn(|| migrate_postgres(url)).join())
        .unwrap_or_else(|_| Err(Error::internal("the migration panicked")))
}

fn migrate_postgres(url: &str) -> Result<usize> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Error::internal)?;
    let address = Address::parse(url)?;
    runtime.block_on(async {
        let mut tried = 1;
        loop {
            let conn = address.connect().await.map_err(|error| {
                Error::later(Code::StorageUnavailable, format!("cannot reach the database: {error}"), 1)
            })?;
            match AsyncMigrationHarness::new(conn).run_pending_migrations(POSTGRES) {
                Ok(done) => return Ok(done.len()),
                // Each migration is a transaction: when two processes start at once, one of them fails on
                // what the other has just made, looks again and finds less to do.
                Err(error) if tried == TRIES => return Err(Error::internal(error)),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            tried += 1;
        }
    })
}

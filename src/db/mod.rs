//! The two engines behind one store.
//!
//! [`Db::write`] runs an operation as one transaction that is durable before its answer leaves,
//! [`Db::write_in_turn`] one that others of the same account wait for;
//! [`Db::read`] runs one on a read-only connection, [`Db::snapshot`] several queries that see one state.
//! An operation is an async closure over a [`Conn`]; its queries are the same on both engines.

mod by_account;
mod conn;
pub mod copies;
pub mod figures;
pub mod files;
pub mod kept;
pub mod key_file;
pub mod migrations;
mod postgres;
pub mod rewrap;
#[expect(missing_docs, reason = "Diesel's table macro makes items of its own")]
pub mod schema;
pub mod seal;
mod sqlite;
#[cfg(test)]
mod sqlite_tests;
pub mod statement;
pub mod types;
pub mod watch;

pub use conn::Conn;

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use futures_util::future::join;

use self::figures::{Operations, Refused};
use self::files::Claim;
use self::postgres::Address;
use self::types::Id;
use self::watch::Watchers;
use crate::config::{Config, DatabaseUrl};
use crate::error::{Code, Error, Result};

/// The store: cheap to clone, the same for every worker.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    watchers: Watchers,
    operations: Operations,
    /// How much long work may go on at a time.
    places: Arc<Semaphore>,
    /// How much of it may wait for a place.
    line: Arc<Semaphore>,
}

/// More than that many would wait for seconds.
const LINE: usize = 32;

#[derive(Clone)]
enum Engine {
    /// Embedded, one file.
    Sqlite(sqlite::Sqlite),
    /// A server, for those who outgrow one machine.
    Postgres(postgres::Postgres),
}

/// Which engine is in use, by the name that `/v1/meta` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Db {
    /// Opens the store, brings its schema up to date and checks that it keeps what it acknowledges.
    pub async fn open(config: &Config) -> Result<Self> {
        match &config.database_url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path),
            DatabaseUrl::Postgres(url) => {
                migrations::run_postgres(url)?;
                let replica = config.database_read_url.as_deref().map(Address::parse).transpose()?;
                let size = config.database_pool_size;
                let postgres = postgres::Postgres::open(Address::parse(url)?, replica, size).await?;
                Ok(Self::of(Engine::Postgres(postgres)))
            }
        }
    }

    fn open_sqlite(path: &Path) -> Result<Self> {
        let claim = Claim::shared(path)?;
        migrations::run_sqlite(path)?;
        let sqlite = sqlite::Sqlite::open(path, claim)?;
        Ok(Self::of(Engine::Sqlite(sqlite)))
    }

    fn of(engine: Engine) -> Self {
        // One core is left for those who ask for little.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let places = Arc::new(Semaphore::new(cores.saturating_sub(1).max(1)));
        let line = Arc::new(Semaphore::new(LINE));
        Self { engine, watchers: Watchers::default(), operations: Operations::default(), places, line }
    }

    /// Which engine this is.
    #[must_use]
    pub const fn kind(&self) -> EngineKind {
        match &self.engine {
            Engine::Sqlite(_) => EngineKind::Sqlite,
            Engine::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// Runs `operation` as one transaction. It is on disk when this returns `Ok`; on `Err` nothing is kept.
    /// PostgreSQL runs it again when it met another transaction, so it must not change what it captures.
    pub async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&Conn<'_>) -> Result<T> + Send + 'static,
    {
        self.write_after(None, operation).await
    }

    /// The same for what waits in the database for whatever else is written on behalf of an account, such as the next
    /// revision of its journal: where many may write at a time, that waits here first, and one comes after the other.
    pub async fn write_in_turn<T, F>(&self, account: Id, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&Conn<'_>) -> Result<T> + Send + 'static,
    {
        self.write_after(Some(account), operation).await
    }

    async fn write_after<T, F>(&self, turn: Option<Id>, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&Conn<'_>) -> Result<T> + Send + 'static,
    {
        let announced = async move |conn: &Conn<'_>| {
            let outcome = operation(conn).await?;
            Ok((outcome, conn.announced()))
        };
        let timed = self.operations.write.time();
        let outcome = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.write(announced).await,
            Engine::Postgres(postgres) => postgres.write(turn, announced).await,
        };
        drop(timed);
        let (outcome, changed) = outcome?;
        if let Some((account, revision)) = changed {
            self.watchers.tell(account, revision);
        }
        Ok(outcome)
    }

    /// Runs a read of one query.
    pub async fn read<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&Conn<'_>) -> Result<T>,
    {
        let _timed = self.operations.read.time();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(operation),
            Engine::Postgres(postgres) => postgres.read(operation).await,
        }
    }

    /// Runs a read of several queries that all see the same state of the journal.
    pub async fn snapshot<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&Conn<'_>) -> Result<T>,
    {
        let _timed = self.operations.snapshot.time();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.snapshot(operation),
            Engine::Postgres(postgres) => postgres.snapshot(operation).await,
        }
    }

    /// Runs a read of several queries that all see one state, on a replica if there is one that `has` what the caller
    /// knows of, else where everything is. It may be run again elsewhere when the replica fails.
    pub async fn snapshot_where<T, F>(
        &self,
        has: impl AsyncFn(&Conn<'_>) -> Result<bool>,
        operation: F,
    ) -> Result<T>
    where
        F: AsyncFn(&Conn<'_>) -> Result<T>,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.snapshot(operation),
            Engine::Postgres(postgres) => postgres.snapshot_where(has, operation).await,
        }
    }

    /// Runs a long read of many queries that all see the same state of the journal, away from the threads that
    /// answer requests; on a replica if there is one that `has` what the caller knows of. It alone may wait for
    /// something other than the database: for whoever takes what it reads.
    pub async fn long_read<T, F>(
        &self,
        has: impl AsyncFn(&Conn<'_>) -> Result<bool> + 'static,
        operation: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.long_read(operation).await,
            Engine::Postgres(postgres) => postgres.long_read(has, operation).await,
        }
    }

    /// Does what takes long, reads and what is made of them, away from the threads that answer requests: these share
    /// many connections each, and all would wait. One less at a time than there are cores; of the others some wait
    /// for their turn, the rest is refused. It may not write.
    pub async fn apart<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&Self) -> Result<T> + Send + 'static,
    {
        let waiting = self.line.try_acquire().map_err(|_| {
            figures::refused(Refused::LineFull);
            Error::later(Code::Overloaded, "too many long answers are being made", 1)
        })?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(Error::internal)?;
        drop(waiting);
        let (this, runtime) = (self.clone(), Handle::current());
        let work = move || {
            let outcome = runtime.block_on(work(&this));
            // Kept until it is done, also when whoever asked has gone.
            drop(place);
            outcome
        };
        let worked = tokio::task::spawn_blocking(work).await;
        worked.unwrap_or_else(|_| Err(Error::internal("long work panicked")))
    }

    /// Those who wait for a journal to change.
    #[must_use]
    pub const fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// Sees for them what other processes write, and whether the store answers at all, for ever.
    pub async fn look_out(self) {
        match &self.engine {
            Engine::Sqlite(_) => self.watchers.look_out(&self).await,
            Engine::Postgres(postgres) => drop(join(self.watchers.look_out(&self), postgres.listen()).await),
        }
    }

    /// Lets the figures of refusals be seen before the first.
    pub fn introduce_figures(&self) {
        figures::introduce();
    }

    /// Sets the figures that are looked up when they are asked for.
    pub fn sample(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.sample(),
            Engine::Postgres(postgres) => postgres.sample(),
        }
    }

    /// Shows that the store can be read.
    pub async fn check(&self) -> Result<()> {
        let look = statement::Statement::new("SELECT count(*) FROM __diesel_schema_migrations");
        self.read(async move |conn| Ok(conn.execute(look).await.map(|_| ())?)).await
    }

    /// Finishes what was accepted, tidies the file and refuses new work. Blocks for as long as that takes.
    pub fn close(&self) {
        if let Engine::Sqlite(sqlite) = &self.engine {
            sqlite.close();
        }
    }
}

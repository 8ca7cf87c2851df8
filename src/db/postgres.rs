//! PostgreSQL: one pool a process, writes as transactions that are run again when they met another.

use std::time::Duration;

use bb8::{Pool, PooledConnection};
use diesel::sql_types::Text;
use diesel::{ConnectionError, QueryableByName};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, PoolError};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use futures_util::FutureExt as _;

use super::conn::Conn;
use crate::error::{Code, Error, Result};

type Transactions = AnsiTransactionManager;
type Manager = AsyncDieselConnectionManager<AsyncPgConnection>;

/// How long a request may wait for a connection, a new one included.
const WAIT: Duration = Duration::from_secs(2);
/// How often a transaction that met another is tried in all.
const TRIES: u32 = 8;
/// What each connection is told once. The acknowledged survives a power cut; nothing runs for ever.
const SETTINGS: &str = "SET synchronous_commit = on; SET statement_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET TIME ZONE 'UTC'";

/// How a transaction begins whose reads all see one state.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A pool of connections to one database server.
#[derive(Clone)]
pub struct Postgres {
    pool: Pool<Manager>,
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

impl Postgres {
    /// Connects, and refuses a server that would acknowledge before it is on disk.
    pub(super) async fn open(url: &str, size: u32) -> Result<Self> {
        let mut settings = ManagerConfig::default();
        settings.custom_setup = Box::new(|url| {
            async move {
                let mut conn = AsyncPgConnection::establish(url).await?;
                conn.batch_execute(SETTINGS).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(conn)
            }
            .boxed()
        });
        let manager = Manager::new_with_config(url, settings);
        let pool = Pool::builder()
            .max_size(size)
            .connection_timeout(WAIT)
            .test_on_check_out(false)
            .build(manager)
            .await
            .map_err(|error| unavailable(&error))?;
        let this = Self { pool };
        this.check_durability().await?;
        Ok(this)
    }

    async fn check_durability(&self) -> Result<()> {
        let mut conn = self.get().await?;
        for name in ["synchronous_commit", "fsync", "full_page_writes"] {
            let found: Setting = diesel::sql_query("SELECT current_setting($1) AS value")
                .bind::<Text, _>(name)
                .get_result(&mut *conn)
                .await?;
            if found.value == "off" || found.value == "local" && name != "synchronous_commit" {
                return Err(Error::internal(format!(
                    "PostgreSQL runs with {name} = {}; an acknowledged entry could be lost. Set it to on.",
                    found.value
                )));
            }
        }
        Ok(())
    }

    async fn get(&self) -> Result<PooledConnection<'_, Manager>> {
        self.pool.get().await.map_err(|error| match error {
            bb8::RunError::User(error) => unavailable(&error),
            bb8::RunError::TimedOut => {
                Error::later(Code::StorageUnavailable, "the database did not answer in time", 1)
            }
        })
    }

    /// Runs to its end even when the caller goes away in the middle, so that no transaction is left open.
    pub(super) async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Conn<'_>) -> Result<T> + Send + 'static,
    {
        let this = self.clone();
        let run = async move {
            let mut tried = 1;
            loop {
                match this.transaction("BEGIN", &operation).await {
                    Err(error) if error.is_transient_conflict() && tried < TRIES => {
                        tokio::time::sleep(Duration::from_millis(2 << tried)).await;
                        tried += 1;
                    }
                    outcome => return outcome,
                }
            }
        };
        tokio::task::spawn_local(run).await.unwrap_or_else(|_| Err(Error::internal("a write panicked")))
    }

    pub(super) async fn read<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Conn<'_>) -> Result<T>,
    {
        let mut conn = self.get().await?;
        operation(&mut Conn::postgres(&mut conn)).await
    }

    pub(super) async fn snapshot<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Conn<'_>) -> Result<T>,
    {
        self.transaction(SNAPSHOT, operation).await
    }

    /// Waits longer between two queries than others may: for a client that takes what was read.
    pub(super) async fn long_read<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Conn<'_>) -> Result<T> + Send + 'static,
    {
        let this = self.clone();
        let begin = format!("{SNAPSHOT}; SET LOCAL idle_in_transaction_session_timeout = '60s'");
        let run = async move { this.transaction(&begin, operation).await };
        tokio::task::spawn_local(run).await.unwrap_or_else(|_| Err(Error::internal("a long read panicked")))
    }

    async fn transaction<T, F>(&self, begin: &str, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Conn<'_>) -> Result<T>,
    {
        let mut pooled = self.get().await?;
        // Through Diesel's manager, so that the pool throws away a connection whose transaction was
        // abandoned in the middle instead of lending it again.
        Transactions::begin_transaction_sql(&mut *pooled, begin).await?;
        let mut conn = Conn::postgres(&mut pooled);
        let outcome = operation(&mut conn).await;
        if outcome.is_ok() && !conn.is_undone() {
            Transactions::commit_transaction(&mut *pooled).await?;
        } else {
            Transactions::rollback_transaction(&mut *pooled).await?;
        }
        outcome
    }
}

fn unavailable(error: &PoolError) -> Error {
    tracing::warn!(%error, "no connection to the database");
    Error::later(Code::StorageUnavailable, "the database cannot be reached", 1)
}

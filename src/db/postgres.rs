//! PostgreSQL: one pool a process, writes as transactions that are run again when they met another.
//!
//! It refuses to wait for a server that gives no answer at all (its machine is gone, the network, a disk that
//! hangs): a connection of its own asks it twice a second, and as long as it is silent nobody else does.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bb8::{Pool, PooledConnection};
use diesel::sql_types::Text;
use diesel::{ConnectionError, ConnectionResult, QueryableByName};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, PoolError};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection,
    TransactionManager,
};
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::conn::Conn;
use super::figures::{self, Refused};
use crate::error::{Code, Error, Result};

type Transactions = AnsiTransactionManager;
type Manager = AsyncDieselConnectionManager<AsyncPgConnection>;

/// How long a request may wait for a connection, a new one included.
const WAIT: Duration = Duration::from_secs(2);
/// Requests that may wait for a connection, for each there is. One more is refused.
const WAITERS: usize = 8;
/// How often the server is asked whether it is there, and how long it may take to say so.
const ASK: Duration = Duration::from_millis(500);
const SILENCE: Duration = Duration::from_millis(1_500);
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
    url: Arc<str>,
    most: u32,
    waiting: Arc<AtomicUsize>,
    silent: watch::Sender<bool>,
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Somebody who waits for a connection, until it is dropped.
struct Waiting {
    counted: Arc<AtomicUsize>,
    /// How many waited already.
    others: usize,
}

impl Waiting {
    fn begin(counted: &Arc<AtomicUsize>) -> Self {
        Self { counted: Arc::clone(counted), others: counted.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.counted.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Postgres {
    /// Connects, and refuses a server that would acknowledge before it is on disk.
    pub(super) async fn open(url: &str, size: u32) -> Result<Self> {
        let mut settings = ManagerConfig::default();
        settings.custom_setup = Box::new(|url| connect(url).boxed());
        let manager = Manager::new_with_config(url, settings);
        let pool = Pool::builder()
            .max_size(size)
            .connection_timeout(WAIT)
            .test_on_check_out(false)
            .build(manager)
            .await
            .map_err(|error| unavailable(&error))?;
        let this = Self { pool, url: url.into(), most: size, waiting: Arc::default(), silent: watch::Sender::new(false) };
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
        let begun = Instant::now();
        let waiting = Waiting::begin(&self.waiting);
        if waiting.others >= WAITERS * self.most as usize {
            figures::refused(Refused::QueueFull);
            return Err(Error::later(Code::Overloaded, "too many wait for the database", 1));
        }
        let got = self.pool.get().await;
        drop(waiting);
        figures::waited(begun.elapsed());
        got.map_err(|error| {
            figures::refused(Refused::NoConnection);
            match error {
                bb8::RunError::User(error) => unavailable(&error),
                bb8::RunError::TimedOut => {
                    Error::later(Code::StorageUnavailable, "the database did not answer in time", 1)
                }
            }
        })
    }

    /// Notices when the server falls silent and when it speaks again, for ever.
    pub(super) async fn listen(&self) {
        let mut conn = None;
        loop {
            sleep(ASK).await;
            let silent = timeout(SILENCE, ask(&mut conn, &self.url)).await.is_err();
            if silent {
                conn = None;
            }
            if self.silent.send_replace(silent) != silent {
                tracing::warn!(silent, "the database server fell silent, or speaks again");
            }
        }
    }

    /// Works with the server as long as it is there. What was begun when it fell silent is given up: an open
    /// transaction ends with its connection.
    async fn while_it_speaks<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut silent = self.silent.subscribe();
        match select(pin!(silent.wait_for(|silent| *silent)), pin!(work)).await {
            Either::Right((outcome, _)) => outcome,
            Either::Left(_) => {
                figures::refused(Refused::Silent);
                Err(Error::later(Code::StorageUnavailable, "the database does not answer", 1))
            }
        }
    }

    /// Counts the connections.
    pub(super) fn sample(&self) {
        figures::silent(*self.silent.borrow());
        let state = self.pool.state();
        figures::pool(state.connections, state.idle_connections, self.most);
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
        let this = self.clone();
        let run = async move { this.while_it_speaks(run).await };
        tokio::task::spawn_local(run).await.unwrap_or_else(|_| Err(Error::internal("a write panicked")))
    }

    pub(super) async fn read<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Conn<'_>) -> Result<T>,
    {
        self.while_it_speaks(async {
            let mut conn = self.get().await?;
            operation(&mut Conn::postgres(&mut conn)).await
        })
        .await
    }

    pub(super) async fn snapshot<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&mut Conn<'_>) -> Result<T>,
    {
        self.while_it_speaks(self.transaction(SNAPSHOT, operation)).await
    }

    /// Waits longer between two queries than others may: for a client that takes what was read.
    pub(super) async fn long_read<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Conn<'_>) -> Result<T> + Send + 'static,
    {
        let this = self.clone();
        let begin = format!("{SNAPSHOT}; SET LOCAL idle_in_transaction_session_timeout = '60s'");
        let run = async move { this.while_it_speaks(this.transaction(&begin, operation)).await };
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

/// A connection that is set up.
async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let mut conn = AsyncPgConnection::establish(url).await?;
    conn.batch_execute(SETTINGS).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Gets any answer from the server. That it has no connection left, or is starting, is one: those who ask for
/// something are told.
async fn ask(conn: &mut Option<AsyncPgConnection>, url: &str) {
    if conn.is_none() {
        *conn = connect(url).await.ok();
    }
    if let Some(open) = conn
        && open.batch_execute("SELECT 1").await.is_err()
    {
        *conn = None;
    }
}

fn unavailable(error: &PoolError) -> Error {
    tracing::warn!(%error, "no connection to the database");
    Error::later(Code::StorageUnavailable, "the database cannot be reached", 1)
}

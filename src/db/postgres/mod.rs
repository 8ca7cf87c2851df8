//! PostgreSQL: one pool a process, writes as transactions that are run again when they met another; with a replica a
//! second pool, for reads alone.

mod address;
mod pipeline;
mod presence;
mod replica;
#[cfg(test)]
mod tests;
mod turns;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bb8::{Pool, PooledConnection, QueueStrategy};
use diesel::sql_types::Text;
use diesel::{ConnectionError, ConnectionResult, QueryableByName};
use diesel_async::pooled_connection::PoolableConnection as _;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use tokio::time::timeout;

pub(super) use self::address::Address;
pub(super) use self::pipeline::Pipeline;
use self::presence::Presence;
use self::replica::Replica;
use self::turns::Turns;
use super::conn::Conn;
use super::figures::{self, Refused};
use super::types::Id;
use crate::error::{Code, Error, Result};

/// How long a request may wait for a connection, a new one included.
const WAIT: Duration = Duration::from_secs(2);
/// Requests that may wait for a connection, for each there is. One more is refused.
const WAITERS: usize = 8;
/// How often a transaction that met another is tried in all.
const TRIES: u32 = 8;
/// What each connection is told once. The acknowledged survives a power cut; nothing runs for ever; nothing is written
/// outside of a transaction; no process is started and nothing is compiled for what takes a few milliseconds.
const SETTINGS: &str = "SET synchronous_commit = on; SET statement_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET TIME ZONE 'UTC'; \
     SET default_transaction_read_only = on; SET max_parallel_workers_per_gather = 0; SET jit = off";

/// How a transaction begins that may write.
const WRITE: &str = "BEGIN READ WRITE";

/// How a transaction begins whose reads all see one state.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// How a transaction of a long read begins: it waits longer between two queries than others may, for a client
/// that takes what was read.
const LONG: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// A connection of the pool.
struct Pooled {
    conn: AsyncPgConnection,
    /// A transaction is open, or was abandoned in the middle: such a connection is thrown away and not lent again.
    is_open: bool,
}

type Lent = PooledConnection<'static, Manager>;

struct Manager {
    address: Address,
}

impl bb8::ManageConnection for Manager {
    type Connection = Pooled;
    type Error = ConnectionError;

    async fn connect(&self) -> ConnectionResult<Pooled> {
        Ok(Pooled { conn: connect(&self.address).await?, is_open: false })
    }

    /// Not asked: `lend` looks before it lends.
    async fn is_valid(&self, _: &mut Pooled) -> ConnectionResult<()> {
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.is_open || pooled.conn.is_broken()
    }
}

/// Connections to one database, and perhaps to a replica of it.
#[derive(Clone)]
pub struct Postgres {
    pool: Pool<Manager>,
    presence: Presence,
    replica: Option<Replica>,
    most: u32,
    waiting: Arc<AtomicUsize>,
    turns: Turns,
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
    pub(super) async fn open(address: Address, replica: Option<Address>, size: u32) -> Result<Self> {
        let presence = Presence::of(address.clone());
        let pool = pool(address, size, WAIT).await?;
        let replica = match replica {
            Some(address) => Some(Replica::open(address, size).await?),
            None => None,
        };
        let this =
            Self { pool, presence, replica, most: size, waiting: Arc::default(), turns: Turns::default() };
        this.check_durability().await?;
        Ok(this)
    }

    async fn check_durability(&self) -> Result<()> {
        let mut conn = self.get().await?;
        for name in ["synchronous_commit", "fsync", "full_page_writes"] {
            let found: Setting = diesel::sql_query("SELECT current_setting($1) AS value")
                .bind::<Text, _>(name)
                .get_result(&mut conn.conn)
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

    async fn get(&self) -> Result<Lent> {
        let begun = Instant::now();
        let waiting = Waiting::begin(&self.waiting);
        if waiting.others >= WAITERS * self.most as usize {
            figures::refused(Refused::QueueFull);
            return Err(Error::later(Code::Overloaded, "too many wait for the database", 1));
        }
        let got = lend(&self.pool).await;
        drop(waiting);
        figures::waited(begun.elapsed());
        got.inspect_err(|_| figures::refused(Refused::NoConnection))
    }

    /// Notices when the server falls silent and when it speaks again, for ever.
    pub(super) async fn listen(&self) {
        self.presence.listen().await;
    }

    /// Counts the connections.
    pub(super) fn sample(&self) {
        self.presence.sample();
        let state = self.pool.state();
        figures::pool(state.connections, state.idle_connections, self.most);
    }

    /// Runs to its end even when the caller goes away in the middle, so that no transaction is left open. What is
    /// to come in turn with others of an account waits for that first.
    pub(super) async fn write<T, F>(&self, turn: Option<Id>, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&Conn<'_>) -> Result<T> + Send + 'static,
    {
        let this = self.clone();
        let run = async move {
            let mut turn = match turn {
                Some(account) => Some(this.turns.take(account).await?),
                None => None,
            };
            let mut tried = 1;
            loop {
                let lent = this.get().await.inspect_err(|_| {
                    if let Some(turn) = &mut turn {
                        turn.was_in_vain();
                    }
                })?;
                match within(lent, WRITE, &operation).await {
                    Err(error) if error.is_transient_conflict() && tried < TRIES => {
                        tokio::time::sleep(Duration::from_millis(2 << tried)).await;
                        tried += 1;
                    }
                    outcome => return outcome,
                }
            }
        };
        let presence = self.presence.clone();
        let run = async move { presence.while_it_speaks(run).await };
        tokio::task::spawn_local(run).await.unwrap_or_else(|_| Err(Error::internal("a write panicked")))
    }

    pub(super) async fn read<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&Conn<'_>) -> Result<T>,
    {
        self.presence
            .while_it_speaks(async {
                let pooled = self.get().await?;
                operation(&Conn::postgres(Pipeline::new(&pooled.conn))).await
            })
            .await
    }

    pub(super) async fn snapshot<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&Conn<'_>) -> Result<T>,
    {
        self.presence.while_it_speaks(self.transaction(SNAPSHOT, operation)).await
    }

    /// A snapshot of the replica if that `has` what the caller knows of.
    pub(super) async fn snapshot_where<T, F>(
        &self,
        has: impl AsyncFn(&Conn<'_>) -> Result<bool>,
        operation: F,
    ) -> Result<T>
    where
        F: AsyncFn(&Conn<'_>) -> Result<T>,
    {
        if let Some(replica) = &self.replica
            && let Some(answer) = replica.read(SNAPSHOT, has, &operation).await?
        {
            return Ok(answer);
        }
        self.snapshot(operation).await
    }

    /// A long read of the replica if that `has` what the caller knows of. What it has begun with there it cannot begin
    /// again elsewhere: whoever takes it has a part.
    pub(super) async fn long_read<T, F>(
        &self,
        has: impl AsyncFn(&Conn<'_>) -> Result<bool> + 'static,
        operation: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    {
        let this = self.clone();
        let run = async move {
            let mut waiting = Some(operation);
            let broken = || Error::internal("the replica failed in the middle of a long read");
            if let Some(replica) = &this.replica {
                let begin = async |conn: &Conn<'_>| waiting.take().ok_or_else(broken)?(conn).await;
                if let Some(answer) = replica.read(LONG, has, begin).await? {
                    return Ok(answer);
                }
            }
            let read = this.transaction(LONG, waiting.ok_or_else(broken)?);
            this.presence.while_it_speaks(read).await
        };
        tokio::task::spawn_local(run).await.unwrap_or_else(|_| Err(Error::internal("a long read panicked")))
    }

    async fn transaction<T, F>(&self, begin: &'static str, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&Conn<'_>) -> Result<T>,
    {
        within(self.get().await?, begin, operation).await
    }
}

/// A connection that is set up.
async fn connect(address: &Address) -> ConnectionResult<AsyncPgConnection> {
    let mut conn = address.connect().await?;
    conn.batch_execute(SETTINGS).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

async fn pool(address: Address, size: u32, wait: Duration) -> Result<Pool<Manager>> {
    let pool = Pool::builder().max_size(size).connection_timeout(wait).test_on_check_out(false);
    // The one that was used last: what the server keeps for it is still at hand.
    let pool = pool.queue_strategy(QueueStrategy::Lifo);
    pool.build(Manager { address }).await.map_err(|error| unavailable(&error))
}

/// Lends a connection. One that the server has closed meanwhile, at a restart, is thrown away.
async fn lend(pool: &Pool<Manager>) -> Result<Lent> {
    loop {
        let mut lent = pool.get_owned().await.map_err(|error| match error {
            bb8::RunError::User(error) => unavailable(&error),
            bb8::RunError::TimedOut => {
                Error::later(Code::StorageUnavailable, "the database did not answer in time", 1)
            }
        })?;
        if !lent.conn.is_broken() {
            return Ok(lent);
        }
    }
}

/// Runs an operation as a transaction that begins in this way.
async fn within<T>(
    mut lent: Lent,
    begin: &'static str,
    operation: impl AsyncFnOnce(&Conn<'_>) -> Result<T>,
) -> Result<T> {
    lent.is_open = true;
    let conn = Conn::postgres(Pipeline::transaction(&lent.conn, begin));
    let outcome = operation(&conn).await;
    if begin == WRITE {
        let (outcome, is_fit) = conn.end(outcome).await;
        lent.is_open = !is_fit;
        return outcome;
    }
    drop(conn);
    // Nobody needs to wait for the end of what has only read.
    tokio::spawn(async move {
        let ended = timeout(WAIT, lent.conn.batch_execute("ROLLBACK")).await;
        lent.is_open = !matches!(ended, Ok(Ok(())));
    });
    outcome
}

fn unavailable(error: &ConnectionError) -> Error {
    tracing::warn!(%error, "no connection to the database");
    Error::later(Code::StorageUnavailable, "the database cannot be reached", 1)
}

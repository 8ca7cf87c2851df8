//! SQLite: one writer thread with group commit, and read-only connections beside it.
//!
//! The writer takes the jobs that wait, runs each in a savepoint inside one `BEGIN IMMEDIATE … COMMIT` with
//! `synchronous=FULL`, and answers them after the commit: the disk is asked to sync once for all of them.
//! A job that fails or panics is rolled back alone. When the commit itself fails, or SQLite has rolled the
//! whole transaction back (a full disk), every job of the batch is told so and the writer goes on.
//!
//! It refuses work when its queue is full, and work that waited too long: the caller hears 503 at once
//! instead of an answer that comes after it has given up. What came while a long job was at work, an import, has
//! waited for that alone and is done.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryResult, RunQueryDsl as _};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::conn::{Conn, finish};
use super::figures::{self, Refused};
use super::files::{Claim, at, make_folder_of, with_suffix};
use super::statement::Statement;
use crate::error::{Code, Error, Result};

/// Jobs of one commit.
const BATCH: usize = 256;
/// Jobs that may wait for the writer, as many as go into the next commit: so nobody waits for more than that one and
/// the one under way. One more is refused.
const QUEUE: usize = BATCH;
/// How long a job may have waited when its turn comes, unless it has waited for one batch only.
const PATIENCE: Duration = Duration::from_secs(2);
/// Idle read connections kept; there are never more in use than threads.
const READERS_KEPT: usize = 16;

/// The switches of every connection. Nothing is mapped into memory (ADR 0033); the WAL is bounded by checkpoints
/// every 4,000 pages (16 MiB: the fewer there are, the fewer writes wait for one) and cut back to 32 MiB whenever
/// one completes.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";
const WRITER_PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 33554432; PRAGMA secure_delete = FAST; \
     PRAGMA cache_size = -8192;";
const READER_PRAGMAS: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -4096;";

/// What a job leaves behind: a closure that answers its waiter once the fate of the batch is known.
type Answer = Box<dyn FnOnce(Option<&Error>) + Send>;
/// A job runs inside its savepoint. `Err` means: roll it back, then answer.
type Job = Box<dyn FnOnce(&mut SqliteConnection) -> (Keep, Answer) + Send>;

/// Whether what a job wrote stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Yes,
    No,
}

enum Message {
    Job(Instant, Job),
    Close,
}

/// An embedded database.
#[derive(Clone)]
pub struct Sqlite {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    _claim: Claim,
    queue: SyncSender<Message>,
    writer: Mutex<Option<JoinHandle<()>>>,
    idle_readers: Mutex<Vec<SqliteConnection>>,
}

/// Opens a connection for changing the schema and for the writer.
pub(super) fn connect(path: &Path) -> Result<SqliteConnection> {
    make_folder_of(path).map_err(|error| at(path, &error))?;
    let mut conn = look(path)?;
    conn.batch_execute(WRITER_PRAGMAS)?;
    Ok(conn)
}

/// Opens a connection that leaves the file's way of writing as it is.
pub(super) fn look(path: &Path) -> Result<SqliteConnection> {
    let path = path.to_str().ok_or_else(|| Error::internal("the database's path is not UTF-8"))?;
    let mut conn = SqliteConnection::establish(path).map_err(|error| {
        Error::later(Code::StorageUnavailable, format!("cannot open the database: {error}"), 1)
    })?;
    conn.batch_execute(PRAGMAS)?;
    Ok(conn)
}

impl Sqlite {
    /// Opens the file and starts its writer.
    pub(super) fn open(path: &Path, claim: Claim) -> Result<Self> {
        let conn = connect(path)?;
        let (queue, jobs) = sync_channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("journal-writer".into())
            .spawn(move || run_writer(conn, &jobs))
            .map_err(Error::internal)?;
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                _claim: claim,
                queue,
                writer: Mutex::new(Some(writer)),
                idle_readers: Mutex::new(Vec::new()),
            }),
        })
    }

    pub(super) async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFn(&Conn<'_>) -> Result<T> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let mut conn = Conn::sqlite(connection);
            let outcome = catch_unwind(AssertUnwindSafe(|| finish(operation(&mut conn))))
                .unwrap_or_else(|_| Err(Error::internal("a write panicked")));
            let keep = if outcome.is_ok() && !conn.is_undone() { Keep::Yes } else { Keep::No };
            let answer = move |lost: Option<&Error>| {
                let outcome = match lost {
                    Some(reason) if keep == Keep::Yes => Err(reason.problem().into()),
                    _ => outcome,
                };
                // The waiter may have gone; what it asked for is done all the same.
                drop(sender.send(outcome));
            };
            (keep, Box::new(answer))
        });
        self.shared.queue.try_send(Message::Job(Instant::now(), job)).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                figures::refused(Refused::QueueFull);
                Error::later(Code::Overloaded, "too many writes are waiting", 1)
            }
            TrySendError::Disconnected(_) => {
                Error::later(Code::StorageUnavailable, "the server is closing", 5)
            }
        })?;
        answer.await.unwrap_or_else(|_| Err(Error::later(Code::Overloaded, "the write waited too long", 1)))
    }

    pub(super) fn read<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&Conn<'_>) -> Result<T>,
    {
        self.with_reader(|conn| finish(operation(&Conn::sqlite(conn))))
    }

    pub(super) fn snapshot<T, F>(&self, operation: F) -> Result<T>
    where
        F: AsyncFnOnce(&Conn<'_>) -> Result<T>,
    {
        self.with_reader(|conn| in_snapshot(conn, |conn| finish(operation(conn))))
    }

    /// Waits on a thread of its own, so that the operation may wait as well, and reads by a connection of its
    /// own: it may be busy for long.
    pub(super) async fn long_read<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&Conn<'_>) -> Result<T> + Send + 'static,
    {
        let (this, runtime) = (self.clone(), Handle::current());
        let read = move || {
            let mut conn = this.open_reader()?;
            in_snapshot(&mut conn, |conn| runtime.block_on(operation(conn)))
        };
        let read = tokio::task::spawn_blocking(read).await;
        read.unwrap_or_else(|_| Err(Error::internal("a long read panicked")))
    }

    /// Lends a read-only connection. One that a panic interrupts is not given back.
    fn with_reader<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> Result<T>) -> Result<T> {
        let idle = self.idle_readers().pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => self.open_reader()?,
        };
        let outcome = read(&mut conn);
        let mut idle = self.idle_readers();
        // One that met a fault of the store is not trusted with the next read.
        if idle.len() < READERS_KEPT && !matches!(outcome, Err(Error::Database(_))) {
            idle.push(conn);
        }
        outcome
    }

    fn idle_readers(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.shared.idle_readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_reader(&self) -> Result<SqliteConnection> {
        let mut conn = look(&self.shared.path)?;
        conn.batch_execute(READER_PRAGMAS)?;
        Ok(conn)
    }

    /// Looks how large the files are.
    pub(super) fn sample(&self) {
        let size = |path: &Path| path.metadata().map_or(0, |file| file.len());
        figures::files(size(&self.shared.path), size(&with_suffix(&self.shared.path, "-wal")));
    }

    /// Lets the writer finish its queue and waits for it.
    pub(super) fn close(&self) {
        // Fails only when the writer has ended already.
        drop(self.shared.queue.send(Message::Close));
        let writer = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && writer.join().is_err()
        {
            tracing::error!("the writer had panicked");
        }
        self.idle_readers().clear();
    }
}

/// Runs a step of a transaction, which stays prepared for the next one.
fn run(conn: &mut SqliteConnection, sql: &'static str) -> QueryResult<()> {
    Statement::new(sql).execute(conn).map(drop)
}

/// Runs a read of several queries that see one state.
fn in_snapshot<T>(conn: &mut SqliteConnection, read: impl FnOnce(&Conn<'_>) -> Result<T>) -> Result<T> {
    run(conn, "BEGIN")?;
    let outcome = read(&Conn::sqlite(conn));
    run(conn, "COMMIT")?;
    outcome
}

/// The writer's life: wait for a job, take what else waits, commit, answer.
fn run_writer(mut conn: SqliteConnection, jobs: &Receiver<Message>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut open = true;
    let mut before = Instant::now();
    while open {
        let Ok(first) = jobs.recv() else { break };
        let begun = Instant::now();
        let second = jobs.try_recv().ok();
        if second.is_none() {
            // Those who share the core with this thread may be about to bring more: one commit is then for all.
            std::thread::yield_now();
        }
        let rest = std::iter::from_fn(|| jobs.try_recv().ok());
        for message in std::iter::once(first).chain(second).chain(rest).take(BATCH) {
            match message {
                // Whoever came since the batch before began has waited for one batch only.
                Message::Job(since, job) if since >= before || since.elapsed() <= PATIENCE => {
                    figures::waited(since.elapsed());
                    batch.push(job);
                }
                // Dropping a job drops its sender, which tells its waiter.
                Message::Job(..) => figures::refused(Refused::TooLate),
                Message::Close => open = false,
            }
        }
        if !batch.is_empty() {
            commit(&mut conn, batch.drain(..));
        }
        before = begun;
    }
    if let Err(error) = conn.batch_execute("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "the last checkpoint did not complete; the next start will");
    }
}

/// One transaction for all jobs of the batch.
fn commit(conn: &mut SqliteConnection, batch: impl Iterator<Item = Job>) {
    let (mut answers, begun) = (Vec::new(), Instant::now());
    let lost = run_batch(conn, batch, &mut answers).err().map(Error::from);
    if let Some(reason) = &lost {
        tracing::error!(%reason, jobs = answers.len(), "a batch of writes was not committed");
        // After some failures SQLite has rolled back by itself, after others it waits to be told.
        drop(conn.batch_execute("ROLLBACK"));
    }
    figures::committed(answers.len(), begun.elapsed());
    for answer in answers {
        answer(lost.as_ref());
    }
}

fn run_batch(
    conn: &mut SqliteConnection,
    batch: impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> QueryResult<()> {
    let mut state = run(conn, "BEGIN IMMEDIATE");
    for job in batch {
        if state.is_ok() {
            state = run(conn, "SAVEPOINT job");
        }
        if state.is_err() {
            // The transaction is gone: the rest of the batch is refused without being run. Its senders are
            // dropped with the jobs.
            continue;
        }
        let (keep, answer) = job(conn);
        answers.push(answer);
        // Fails when SQLite has already rolled the whole transaction back (full disk, I/O error).
        state = match keep {
            Keep::Yes => Ok(()),
            Keep::No => run(conn, "ROLLBACK TO job"),
        };
        state = state.and_then(|()| run(conn, "RELEASE job"));
    }
    state.and_then(|()| run(conn, "COMMIT"))
}

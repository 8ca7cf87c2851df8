//! Figures about the store, for the operator's Prometheus: how long what takes, what waits, what is full. Without
//! a recorder they count nothing and cost next to nothing.

use std::time::{Duration, Instant};

use metrics::Histogram;

/// Measures until it is dropped.
pub struct Timed(Histogram, Instant);

impl Drop for Timed {
    fn drop(&mut self) {
        self.0.record(self.1.elapsed());
    }
}

/// How long operations take, as their callers see it.
#[derive(Clone)]
pub struct Operations {
    /// A write.
    pub write: Seconds,
    /// A read of one query.
    pub read: Seconds,
    /// A read of several that see one state.
    pub snapshot: Seconds,
}

impl Default for Operations {
    fn default() -> Self {
        let seconds = |operation| {
            Seconds(metrics::histogram!("database_operation_duration_seconds", "operation" => operation))
        };
        Self { write: seconds("write"), read: seconds("read"), snapshot: seconds("snapshot") }
    }
}

/// How long something takes.
#[derive(Clone)]
pub struct Seconds(Histogram);

impl Seconds {
    /// Measures from now on.
    pub fn time(&self) -> Timed {
        Timed(self.0.clone(), Instant::now())
    }
}

/// How long an operation waited for its turn: for the writer, or for a connection of the pool.
pub fn waited(time: Duration) {
    metrics::histogram!("database_wait_seconds").record(time);
}

/// A batch of the writer was committed, or was not.
pub fn committed(jobs: usize, time: Duration) {
    metrics::histogram!("database_commit_duration_seconds").record(time);
    metrics::histogram!("database_commit_jobs").record(u32::try_from(jobs).unwrap_or(u32::MAX));
}

/// Why an operation is refused without being tried.
#[derive(Debug, Clone, Copy)]
pub enum Refused {
    /// Too many wait for the writer, or for a connection.
    QueueFull,
    /// Too much long work waits.
    LineFull,
    /// It waited too long for the writer.
    TooLate,
    /// It got no connection of the pool.
    NoConnection,
    /// Too much of one account waits, or it waited too long for that.
    AccountBusy,
    /// The database server gives no answer.
    Silent,
}

/// An operation was refused.
pub fn refused(reason: Refused) {
    count(reason, 1);
}

/// Lets each be seen before the first.
pub fn introduce() {
    use Refused::{AccountBusy, LineFull, NoConnection, QueueFull, Silent, TooLate};
    for reason in [QueueFull, LineFull, TooLate, NoConnection, AccountBusy, Silent] {
        count(reason, 0);
    }
}

fn count(reason: Refused, more: u64) {
    let reason = match reason {
        Refused::QueueFull => "queue_full",
        Refused::LineFull => "line_full",
        Refused::TooLate => "too_late",
        Refused::NoConnection => "no_connection",
        Refused::AccountBusy => "account_busy",
        Refused::Silent => "silent",
    };
    metrics::counter!("database_refused_total", "reason" => reason).increment(more);
}

/// How large the file and its write-ahead log are.
pub fn files(database: u64, log: u64) {
    gauge("database_file_bytes", database);
    gauge("database_wal_bytes", log);
}

/// How many connections the pool has, how many of them nobody uses, and how many it may have.
pub fn pool(connections: u32, idle: u32, most: u32) {
    gauge("database_pool_connections", connections.into());
    gauge("database_pool_idle", idle.into());
    gauge("database_pool_size", most.into());
}

/// Whether the database server gives no answer.
pub fn silent(silent: bool) {
    gauge("database_silent", silent.into());
}

#[expect(clippy::cast_precision_loss, reason = "figures are not counted by the byte")]
fn gauge(name: &'static str, value: u64) {
    metrics::gauge!(name).set(value as f64);
}

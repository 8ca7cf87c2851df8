//! A replica that takes reads off the primary. It answers only what it is known to have: each read first looks,
//! in its own snapshot, whether this copy has come as far as the caller knows the journal to be.
//!
//! It refuses nobody: what it has not got yet, and what it fails at, is read from the primary. One that failed is left
//! alone for a while, so that it costs a request now and then and not each one its patience.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bb8::Pool;

use super::{Address, Manager, lend, pool, within};
use crate::db::conn::Conn;
use crate::error::{Error, Result};

/// How long a read waits for a connection to the replica; one to a server that lives takes a tenth of that.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a replica that failed is left alone.
const REST: Duration = Duration::from_secs(5);

/// A pool of connections to one. Cheap to clone.
#[derive(Clone)]
pub struct Replica {
    pool: Pool<Manager>,
    rests_until: Arc<Mutex<Option<Instant>>>,
}

impl Replica {
    /// Connects when it is first needed: a server starts without its replica.
    pub(super) async fn open(address: Address, size: u32) -> Result<Self> {
        Ok(Self { pool: pool(address, size, PATIENCE).await?, rests_until: Arc::default() })
    }

    /// Reads in one transaction if the replica `has` what the caller knows of. `None`: ask the primary.
    pub(super) async fn read<T>(
        &self,
        begin: &'static str,
        has: impl AsyncFn(&Conn<'_>) -> Result<bool>,
        operation: impl AsyncFnOnce(&Conn<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let read =
            async |conn: &Conn<'_>| Ok(if has(conn).await? { Some(operation(conn).await?) } else { None });
        let tried = if self.rests() {
            Err(Error::internal("it failed a moment ago"))
        } else {
            self.run(begin, read).await
        };
        let (outcome, answer) = match tried {
            Ok(Some(answer)) => ("answered", Ok(Some(answer))),
            Ok(None) => ("behind", Ok(None)),
            // The question is at fault, not the replica.
            Err(error @ Error::Problem(_)) => ("answered", Err(error)),
            Err(error) => {
                self.rest(&error);
                ("failed", Ok(None))
            }
        };
        metrics::counter!("replica_reads_total", "outcome" => outcome).increment(1);
        answer
    }

    async fn run<T>(&self, begin: &'static str, read: impl AsyncFnOnce(&Conn<'_>) -> Result<T>) -> Result<T> {
        // Not a problem of the caller's: nobody is told.
        within(lend(&self.pool).await.map_err(Error::internal)?, begin, read).await
    }

    fn rests(&self) -> bool {
        let until = self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self, error: &Error) {
        if !self.rests() {
            tracing::warn!(%error, "the replica failed; the primary is asked");
            let mut until = self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
            *until = Some(Instant::now() + REST);
        }
    }
}

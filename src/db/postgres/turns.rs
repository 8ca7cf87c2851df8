//! Whose turn it is to write on behalf of an account. What changes a journal waits in PostgreSQL for whatever else does,
//! and what one reader discloses for what they disclose already, each with a connection: behind a long import a single
//! member's writes would hold all there are, and everybody else's requests would find none. Here they wait without one.
//!
//! It refuses more who wait for one account than are worth waiting for, and those who wait behind somebody who found no
//! connection: with the database gone each would wait for as long, one after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use crate::db::by_account::{ByAccount, Holder};
use crate::db::figures::{self, Refused};
use crate::db::types::Id;
use crate::error::{Code, Error, Result};

/// Writes of one account that may be under way or wait. One more is refused.
const LINE: usize = 64;
/// How long one may wait, as long as a statement may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The place of whoever writes for an account, and when somebody last had it in vain.
type Place = Arc<Mutex<Option<Instant>>>;

/// The accounts that are written for. Cheap to clone.
#[derive(Clone, Default)]
pub struct Turns(ByAccount<Place>);

/// The turn to write for an account, until it is dropped.
pub struct Turn {
    place: OwnedMutexGuard<Option<Instant>>,
    _line: Holder<Place>,
}

impl Turns {
    /// Waits for the turn to write for an account, which lasts until what this returns is dropped.
    pub async fn take(&self, account: Id) -> Result<Turn> {
        let since = Instant::now();
        let line = self.0.hold(account, LINE).ok_or_else(busy)?;
        let waited = timeout(PATIENCE, Arc::clone(&line.state).lock_owned()).await;
        let place = waited.map_err(|_| busy())?;
        if place.is_some_and(|in_vain| in_vain >= since) {
            figures::refused(Refused::NoConnection);
            return Err(Error::later(Code::StorageUnavailable, "the database cannot be reached", 1));
        }
        Ok(Turn { place, _line: line })
    }
}

impl Turn {
    /// There was no connection: those who wait already need not try.
    pub fn was_in_vain(&mut self) {
        *self.place = Some(Instant::now());
    }
}

fn busy() -> Error {
    figures::refused(Refused::AccountBusy);
    Error::later(Code::Overloaded, "too many writes of this account are waiting", 1)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::clock::new_random_id;

    #[tokio::test]
    async fn one_at_a_time_writes_for_an_account_and_others_do_not_wait_for_it() {
        let (turns, account) = (Turns::default(), Id(new_random_id()));
        let writing = turns.take(account).await.unwrap();
        let mut next = Box::pin(turns.take(account));
        assert!(next.as_mut().now_or_never().is_none());
        assert!(turns.take(Id(new_random_id())).now_or_never().is_some());
        drop(writing);
        let next = next.now_or_never().unwrap().unwrap();
        drop(next);
        assert!(turns.0.accounts().is_empty(), "nothing is kept of whom nobody writes for");
    }

    #[tokio::test]
    async fn who_waited_behind_somebody_without_a_connection_does_not_try() {
        let (turns, account) = (Turns::default(), Id(new_random_id()));
        let mut first = turns.take(account).await.unwrap();
        let mut second = Box::pin(turns.take(account));
        assert!(second.as_mut().now_or_never().is_none());
        first.was_in_vain();
        let mut third = Box::pin(turns.take(account));
        assert!(third.as_mut().now_or_never().is_none());
        drop(first);
        let refused = second.now_or_never().unwrap().err().unwrap();
        assert_eq!(refused.problem().code, Code::StorageUnavailable);
        assert!(third.now_or_never().unwrap().is_ok(), "who came later tries");
    }

    #[tokio::test]
    async fn a_line_has_an_end() {
        let (turns, account) = (Turns::default(), Id(new_random_id()));
        let mut line: Vec<_> = (0..LINE).map(|_| Box::pin(turns.take(account))).collect();
        let begun = line.iter_mut().filter_map(|turn| turn.as_mut().now_or_never()).collect::<Vec<_>>();
        assert_eq!(begun.len(), 1);
        assert!(turns.take(account).await.is_err_and(|error| error.problem().code == Code::Overloaded));
        drop((line, begun));
        assert!(turns.0.accounts().is_empty());
    }
}

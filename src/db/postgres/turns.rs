//! Whose turn it is to write on behalf of an account. What changes a journal waits in PostgreSQL for whatever else does,
//! and what one reader discloses for what they disclose already, each with a connection: behind a long import a single
//! member's writes would hold all there are, and everybody else's requests would find none. Here they wait without one.
//!
//! It refuses more who wait for one account than are worth waiting for, and those who wait behind somebody who found no
//! connection: with the database gone each would wait for as long, one after the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use crate::db::figures::{self, Refused};
use crate::db::types::Id;
use crate::error::{Code, Error, Result};

/// Writes of one account that may be under way or wait. One more is refused.
const LINE: usize = 64;
/// How long one may wait, as long as a statement may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The accounts that are written for. Cheap to clone.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<Id, Line>>>);

/// Who writes for one of them or waits to.
#[derive(Default)]
struct Line {
    first: Arc<Place>,
    length: usize,
}

/// The place of whoever writes, and when somebody last had it in vain.
type Place = tokio::sync::Mutex<Option<Instant>>;

/// Somebody in the line of an account, until it is dropped.
pub struct Turn {
    turns: Turns,
    account: Id,
    /// None while they wait.
    place: Option<OwnedMutexGuard<Option<Instant>>>,
}

impl Turns {
    fn lines(&self) -> MutexGuard<'_, HashMap<Id, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn to write for an account, which lasts until what this returns is dropped.
    pub async fn take(&self, account: Id) -> Result<Turn> {
        let since = Instant::now();
        let (mut turn, first) = self.join(account)?;
        let place = timeout(PATIENCE, first.lock_owned()).await.map_err(|_| busy())?;
        if place.is_some_and(|in_vain| in_vain >= since) {
            figures::refused(Refused::NoConnection);
            return Err(Error::later(Code::StorageUnavailable, "the database cannot be reached", 1));
        }
        turn.place = Some(place);
        Ok(turn)
    }

    fn join(&self, account: Id) -> Result<(Turn, Arc<Place>)> {
        let mut lines = self.lines();
        let line = lines.entry(account).or_default();
        if line.length >= LINE {
            return Err(busy());
        }
        line.length += 1;
        Ok((Turn { turns: self.clone(), account, place: None }, Arc::clone(&line.first)))
    }
}

impl Turn {
    /// There was no connection: those who wait already need not try.
    pub fn was_in_vain(&mut self) {
        if let Some(place) = &mut self.place {
            **place = Some(Instant::now());
        }
    }
}

fn busy() -> Error {
    figures::refused(Refused::AccountBusy);
    Error::later(Code::Overloaded, "too many writes of this account are waiting", 1)
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.place.take());
        let mut lines = self.turns.lines();
        if let Some(line) = lines.get_mut(&self.account) {
            line.length -= 1;
            if line.length == 0 {
                lines.remove(&self.account);
            }
        }
    }
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
        assert!(turns.lines().is_empty(), "nothing is kept of whom nobody writes for");
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
        assert!(turns.lines().is_empty());
    }
}

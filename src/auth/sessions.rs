//! Which sessions are known to live: a cache, so that most requests need no look at the database.
//!
//! An entry is believed for 5 seconds, which bounds how long another process may still serve a session that
//! was ended here; in this process what is forgotten is gone at once. Refuses to keep what was read before
//! something was forgotten, because it may be what was forgotten.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState;
use metrics::Counter;
use moka::sync::Cache;

use super::Account;
use crate::db::types::Id;
use crate::http::meters;

const BELIEVED: Duration = Duration::from_secs(5);
/// Sessions kept at most; each takes a few hundred bytes.
const MOST: u64 = 100_000;

/// Accounts by session.
pub struct Sessions {
    cache: Cache<Id, Arc<Account>, RandomState>,
    /// How often a session was in it, and how often it was not.
    kept: Counter,
    store: Counter,
    /// How often something was forgotten. Held while the cache is changed, never while it is read.
    forgotten: Mutex<u64>,
}

/// A point in time, by what had been forgotten until then.
#[derive(Debug, Clone, Copy)]
pub struct Before(u64);

impl Sessions {
    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        let cache = Cache::builder().max_capacity(MOST).time_to_live(BELIEVED);
        let cache = cache.build_with_hasher(RandomState::default());
        Self {
            cache,
            kept: meters::session("kept"),
            store: meters::session("store"),
            forgotten: Mutex::new(0),
        }
    }

    /// The account of a session that is known to live.
    #[must_use]
    pub fn get(&self, session: Id) -> Option<Arc<Account>> {
        let known = self.cache.get(&session);
        if known.is_some() { &self.kept } else { &self.store }.increment(1);
        known
    }

    /// To be asked before a session is read from the database.
    #[must_use]
    pub fn before(&self) -> Before {
        Before(*self.forgotten())
    }

    /// Keeps what was read after `before`, unless something was forgotten in between.
    pub fn keep(&self, before: Before, account: Arc<Account>) {
        let forgotten = self.forgotten();
        if *forgotten == before.0 {
            self.cache.insert(account.session_id, account);
        }
    }

    /// Forgets a session that has ended.
    pub fn forget(&self, session: Id) {
        let mut forgotten = self.forgotten();
        *forgotten += 1;
        self.cache.invalidate(&session);
    }

    /// Forgets every session of an account that has changed.
    pub fn forget_account(&self, account: Id) {
        let mut forgotten = self.forgotten();
        *forgotten += 1;
        for (session, known) in &self.cache {
            if known.id == account {
                self.cache.invalidate(&*session);
            }
        }
    }

    fn forgotten(&self) -> MutexGuard<'_, u64> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::tests::account;
    use crate::clock::new_random_id;

    #[test]
    fn what_is_forgotten_is_gone_at_once() {
        let sessions = Sessions::new();
        let (ann, other) = (account(Id(new_random_id())), account(Id(new_random_id())));
        let also_ann = account(ann.id);
        for known in [&ann, &also_ann, &other] {
            sessions.keep(sessions.before(), known.clone());
        }
        sessions.forget(ann.session_id);
        assert!(sessions.get(ann.session_id).is_none());
        assert!(sessions.get(also_ann.session_id).is_some());
        sessions.forget_account(ann.id);
        assert!(sessions.get(also_ann.session_id).is_none());
        assert!(sessions.get(other.session_id).is_some());
    }

    #[test]
    fn what_was_read_before_a_session_ended_is_not_kept() {
        let sessions = Sessions::new();
        let ann = account(Id(new_random_id()));
        let before = sessions.before();
        sessions.forget(ann.session_id);
        sessions.keep(before, ann.clone());
        assert!(sessions.get(ann.session_id).is_none());
    }
}

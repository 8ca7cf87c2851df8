//! State about accounts that many share, and that is there for as long as somebody holds it: nothing is kept of an
//! account that nobody is about.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::types::Id;

/// The state of each account that somebody is about. Cheap to clone.
#[derive(Clone, Default)]
pub struct ByAccount<T>(Arc<Mutex<HashMap<Id, Held<T>>>>);

#[derive(Default)]
struct Held<T> {
    state: T,
    holders: usize,
}

/// Somebody who holds an account's state, until it is dropped.
pub struct Holder<T> {
    all: ByAccount<T>,
    account: Id,
    /// The state.
    pub state: T,
}

impl<T> ByAccount<T> {
    fn held(&self) -> MutexGuard<'_, HashMap<Id, Held<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The accounts whose state is held.
    pub fn accounts(&self) -> Vec<Id> {
        self.held().keys().copied().collect()
    }
}

impl<T: Clone + Default> ByAccount<T> {
    /// One more who holds an account's state, unless `most` do already.
    pub fn hold(&self, account: Id, most: usize) -> Option<Holder<T>> {
        let mut all = self.held();
        let held = all.entry(account).or_default();
        if held.holders >= most {
            return None;
        }
        held.holders += 1;
        Some(Holder { all: self.clone(), account, state: held.state.clone() })
    }

    /// The state of an account, if somebody holds it.
    pub fn get(&self, account: Id) -> Option<T> {
        self.held().get(&account).map(|held| held.state.clone())
    }
}

impl<T> Drop for Holder<T> {
    fn drop(&mut self) {
        let mut all = self.all.held();
        if let Some(held) = all.get_mut(&self.account) {
            held.holders -= 1;
            if held.holders == 0 {
                all.remove(&self.account);
            }
        }
    }
}

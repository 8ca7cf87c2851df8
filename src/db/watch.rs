//! Who waits for a journal to change. A write of this process tells them as soon as it is committed; those of
//! other processes are seen by looking at the revisions of the journals that are watched, all in one query,
//! twice a second. Nothing is kept of a journal that nobody watches.
//!
//! It refuses more watchers of one journal than it is told to admit.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::Db;
use super::by_account::{ByAccount, Holder};
use super::statement::Statement;
use super::types::Id;
use crate::error::Result;

/// How often the journals that are watched are looked at.
const EVERY: Duration = Duration::from_millis(500);
/// Most journals of one query.
const AT_ONCE: usize = 8_192;

/// The journals that are watched, each with the greatest revision that was seen, 0 before any was. Cheap to clone.
#[derive(Clone, Default)]
pub struct Watchers(ByAccount<watch::Sender<i64>>);

/// Somebody who waits for a journal to change; dropped, they wait no more.
pub struct Watching {
    _journal: Holder<watch::Sender<i64>>,
    revision: watch::Receiver<i64>,
}

impl Watchers {
    /// One more who waits for an account's journal, unless `most` do already.
    pub fn watch(&self, account: Id, most: usize) -> Option<Watching> {
        let journal = self.0.hold(account, most)?;
        Some(Watching { revision: journal.state.subscribe(), _journal: journal })
    }

    /// A journal was seen at a revision.
    pub(super) fn tell(&self, account: Id, revision: i64) {
        if let Some(seen) = self.0.get(account) {
            // What was read before a write may be told after it.
            seen.send_if_modified(|known| {
                let newer = revision > *known;
                *known = revision.max(*known);
                newer
            });
        }
    }

    /// Looks at the journals that are watched, for ever.
    pub(super) async fn look_out(&self, db: &Db) {
        let mut interval = tokio::time::interval(EVERY);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            for accounts in self.0.accounts().chunks(AT_ONCE) {
                match revisions(db, accounts).await {
                    Ok(seen) => seen.into_iter().for_each(|(account, revision)| self.tell(account, revision)),
                    // A lost database is said by those who ask for something.
                    Err(error) => tracing::debug!(%error, "journals could not be looked at"),
                }
            }
        }
    }
}

async fn revisions(db: &Db, accounts: &[Id]) -> Result<Vec<(Id, i64)>> {
    let select = Statement::new("SELECT account_id, revision FROM journals WHERE account_id IN (");
    let select = select.ids(accounts).sql(")");
    let rows = db.read(async move |conn| Ok(conn.rows(select).await?)).await?;
    let of_row = |row: super::statement::Row| match row.0.as_slice() {
        [account, revision] => account.id().zip(revision.int()),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(of_row).collect())
}

impl Watching {
    /// Waits until the journal is seen at a later revision than before, and answers it.
    pub async fn changed(&mut self) -> i64 {
        // Fails only when the sender is gone, which is kept for as long as this is.
        drop(self.revision.changed().await);
        *self.revision.borrow_and_update()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::clock::new_random_id;

    #[test]
    fn a_watcher_hears_of_later_revisions_only_and_of_its_journal_only() {
        let (watchers, account) = (Watchers::default(), Id(new_random_id()));
        let mut watching = watchers.watch(account, 2).unwrap();
        assert_eq!(watching.changed().now_or_never(), None);
        watchers.tell(Id(new_random_id()), 9);
        assert_eq!(watching.changed().now_or_never(), None);
        for revision in [3, 5, 4] {
            watchers.tell(account, revision);
        }
        assert_eq!(watching.changed().now_or_never(), Some(5));
        watchers.tell(account, 5);
        assert_eq!(watching.changed().now_or_never(), None);
    }

    #[test]
    fn places_are_given_back() {
        let (watchers, account) = (Watchers::default(), Id(new_random_id()));
        let first = watchers.watch(account, 2).unwrap();
        let second = watchers.watch(account, 2).unwrap();
        assert!(watchers.watch(account, 2).is_none());
        assert!(watchers.watch(Id(new_random_id()), 2).is_some());
        drop(first);
        assert!(watchers.watch(account, 2).is_some());
        drop(second);
        assert!(watchers.0.accounts().is_empty(), "nothing is kept of what nobody watches");
    }
}

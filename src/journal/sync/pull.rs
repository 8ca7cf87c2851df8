//! Pull: what changed in a journal since a revision, each record once at its newest revision, tombstones
//! included, in the order of revisions.
//!
//! Refuses parameters that cannot be used (400) instead of clamping them, which would leave clients short for
//! good, and checkpoints of another journal (410). A caller who is up to date costs one read by key.

use super::{Change, check_checkpoint, store, write_all};
use crate::clock;
use crate::db::seal::DataKey;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::fields::write;
use crate::http::query::Query;
use crate::journal::collection::Collection;
use crate::journal::store::{Journal, journal};

/// Most changes of an answer.
pub const LIMIT_MAX: i64 = 1_000;
/// Changes of an answer when nothing is said.
pub const LIMIT: i64 = 100;

/// What is asked.
pub struct Pull {
    /// The revision that the device has; 0 for none.
    pub since: i64,
    /// Changes at most.
    pub limit: usize,
    /// The epoch that the device knows.
    pub epoch: Option<String>,
    /// Only of these collections; of all without.
    pub collections: Option<Vec<&'static Collection>>,
}

/// What is answered.
struct Pulled {
    changes: Vec<Change>,
    next_since: i64,
    has_more: bool,
    journal: Journal,
}

impl Pull {
    /// Reads the parameters.
    pub fn of(mut query: Query) -> Result<Self> {
        let since = query.number("since", 0, i64::MAX).unwrap_or(0);
        let limit = query.number("limit", 1, LIMIT_MAX).unwrap_or(LIMIT);
        let collections = query.parsed("collections", "names of collections, separated by commas", |text| {
            text.split(',').map(Collection::named).collect()
        });
        let epoch = query.text("epoch");
        query.finish()?;
        Ok(Self { since, limit: usize::try_from(limit).unwrap_or(usize::MAX), epoch, collections })
    }

    /// Whether changes of a collection are asked for.
    pub fn asks_for(&self, collection: &Collection) -> bool {
        let named = |known: &&Collection| known.name == collection.name;
        self.collections.as_ref().is_none_or(|chosen| chosen.iter().any(named))
    }

    /// The JSON of the answer.
    pub async fn answer(&self, db: &Db, key: &DataKey) -> Result<Vec<u8>> {
        let found = db.read(async |conn| journal(conn, key).await).await?;
        let pulled = if found.revision == self.since {
            check_checkpoint(found, self.since, self.epoch.as_deref())?;
            Pulled { changes: Vec::new(), next_since: self.since, has_more: false, journal: found }
        } else {
            let has = async |conn: &Conn<'_>| found.is_in(conn, key.account()).await;
            db.snapshot_where(has, async |conn| {
                // The journal may have moved on since the look before.
                let journal = journal(conn, key).await?;
                check_checkpoint(journal, self.since, self.epoch.as_deref())?;
                let (changes, more_from) = store::changes(conn, key, self).await?;
                let next_since = more_from.unwrap_or(journal.revision);
                Ok(Pulled { changes, next_since, has_more: more_from.is_some(), journal })
            })
            .await?
        };
        Ok(pulled.to_json())
    }
}

impl Pulled {
    fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(192 + 896 * self.changes.len());
        out.extend_from_slice(b"{\"changes\":[");
        write_all(&mut out, &self.changes, |out, change| change.write(out));
        out.extend_from_slice(b"],\"next_since\":");
        write::json(&mut out, &self.next_since);
        out.extend_from_slice(b",\"has_more\":");
        write::json(&mut out, &self.has_more);
        out.extend_from_slice(b",\"epoch\":");
        write::json(&mut out, &self.journal.epoch);
        out.extend_from_slice(b",\"server_time\":");
        write::time(&mut out, clock::now().into());
        out.push(b'}');
        out
    }
}

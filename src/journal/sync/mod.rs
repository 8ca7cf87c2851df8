//! Sync: one pair of endpoints for devices that were offline, for every collection at once.
//!
//! | file | what it does |
//! |---|---|
//! | `pull` | what changed since a revision, in the order of revisions |
//! | `push` | what a device sends: its frame and its rows, each mistake with its place |
//! | `judge` | what becomes of a row: applied, unchanged, conflict or invalid |
//! | `stream` | pokes: the journal has changed, come and pull |
//! | `store` | the SQL of all of it |
//! | `document` | the schemas |
//!
//! It refuses a checkpoint of another journal than this one (410): one that is ahead of it, or of another
//! epoch, as after a restore from a backup. It never merges and never drops: a row that does not rest on what
//! is stored is a conflict, told with what is stored.

pub mod document;
mod judge;
pub mod pull;
pub mod push;
pub mod store;
pub mod stream;

use super::collection::Collection;
use super::record::Record;
use super::store::{Current, Journal};
use crate::db::types::Id;
use crate::error::{Code, Error, Result};
use crate::fields::write;

/// What became of an id: a record as it is now, or the tombstone of one.
pub struct Change {
    collection: &'static Collection,
    id: Id,
    revision: i64,
    /// None is a tombstone.
    record: Option<Record>,
}

impl Change {
    /// What an id stands for, unless it never was.
    fn of(collection: &'static Collection, id: Id, current: &Current) -> Option<Self> {
        Some(Self { collection, id, revision: current.revision()?, record: current.record().cloned() })
    }

    /// Appends the change's JSON.
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"collection\":");
        write::json(out, self.collection.name);
        out.extend_from_slice(b",\"id\":");
        write::json(out, &self.id);
        out.extend_from_slice(b",\"revision\":");
        write::json(out, &self.revision);
        out.extend_from_slice(b",\"deleted\":");
        write::json(out, &self.record.is_none());
        out.extend_from_slice(b",\"doc\":");
        match &self.record {
            Some(record) => record.write(self.collection, out),
            None => out.extend_from_slice(b"null"),
        }
        out.push(b'}');
    }
}

/// Refuses a checkpoint that is not of this journal.
fn check_checkpoint(journal: Journal, since: i64, epoch: Option<&str>) -> Result<()> {
    let another = epoch.is_some_and(|epoch| epoch != journal.epoch.to_string());
    if another || since > journal.revision {
        return Err(Error::of(Code::CheckpointInvalid));
    }
    Ok(())
}

/// Appends items with commas between them.
fn write_all<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
}

//! The ledger of disclosures: who read what of a journal under a share, and who tried to.
//!
//! Rows are added and never changed: no operation of the program updates or deletes one. Each carries a keyed
//! hash over itself and the hash before it, and the end of the chain is sealed beside it, so that a change, a
//! deletion, a gap or a cut end shows. The key comes from the master key, which is not in the database: whoever
//! has the database alone cannot make a row that fits. What cannot be told is a whole database put back to an
//! earlier state, and a ledger goes with its account when that is erased (`auth::erasure` says what is kept).

pub mod store;

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::seal::{Secret, keyed_hash};
use crate::db::types::{Day, Id, Time};
use crate::error::{Error, Result};

/// What the first row comes after.
pub const GENESIS: [u8; 32] = [0; 32];

/// A read, or a try. Of tries that were denied, the first of a day is written down for each share and kind.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose journal.
    pub member: Id,
    /// When.
    pub at: Time,
    /// Under which share.
    pub share: Id,
    /// By which account.
    pub recipient: Id,
    /// The grant it rests on, or what was asked for in vain.
    pub collection: String,
    /// The path below the client.
    pub path: String,
    /// How much was shown.
    pub detail: &'static str,
    /// First date that was open.
    pub from: Option<Day>,
    /// Last date that was open.
    pub to: Option<Day>,
    /// Records shown.
    pub records: i64,
    /// Whether it was allowed.
    pub allowed: bool,
    /// The request's id.
    pub request_id: String,
}

/// A read by somebody else, or a try.
#[derive(Debug, Serialize, ToSchema)]
pub struct Disclosure {
    /// When.
    pub at: Time,
    /// Under which share.
    pub share_id: Id,
    /// The recipient's address, as in the share.
    pub recipient: String,
    /// What was shown, as the share names it; for a denial what was asked for.
    #[schema(example = "cravings")]
    pub collection: String,
    /// What was asked, below `/v1/clients/{share_id}`.
    #[schema(example = "cravings")]
    pub path: String,
    /// `summary`, `entries` or `entries_with_notes`.
    #[schema(example = "entries")]
    pub detail: String,
    /// First date that was open.
    pub from: Option<chrono::NaiveDate>,
    /// Last date that was open.
    pub to: Option<chrono::NaiveDate>,
    /// Records shown; figures show none.
    #[schema(minimum = 0)]
    pub records: i64,
    /// `allowed` or `denied`.
    #[schema(example = "allowed")]
    pub outcome: String,
    /// The request's id, as in its answer.
    pub request_id: String,
}

/// The end of a journal's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many rows there are.
    pub count: i64,
    /// The hash of the last one.
    pub hash: [u8; 32],
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whose ledger.
    pub member: Id,
    /// At which row, if it is about one.
    pub number: Option<i64>,
    /// What is wrong.
    pub what: &'static str,
}

impl Entry {
    /// The word for the outcome.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        if self.allowed { "allowed" } else { "denied" }
    }
}

/// The hash of a row that comes as number `number` after a row with the hash `before`. JSON keeps the members apart.
fn chained(key: &Secret, number: i64, row: &store::DisclosureRow, before: &[u8]) -> Result<[u8; 32]> {
    let date = |day: Option<Day>| day.map(Day::number);
    let said = serde_json::to_vec(&(
        ("disclosure", row.account_id, number, row.at.0, row.share_id, row.recipient_id),
        (&row.collection, &row.path, &row.detail, date(row.from_date), date(row.to_date)),
        (row.records, &row.outcome, &row.request_id),
        before,
    ));
    Ok(keyed_hash(key, &[&said.map_err(Error::internal)?]))
}

/// The seal of a head.
fn sealed(key: &Secret, member: Id, head: Head) -> Result<[u8; 32]> {
    let said = serde_json::to_vec(&("head", member, head.count, head.hash)).map_err(Error::internal)?;
    Ok(keyed_hash(key, &[&said]))
}

/// Everything that does not fit in one journal's ledger.
pub fn examine(
    key: &Secret,
    member: Id,
    head: Option<(Head, Vec<u8>)>,
    rows: &[store::DisclosureRow],
) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fault = |number, what| faults.push(Fault { member, number, what });
    let mut before = GENESIS.to_vec();
    for (place, row) in (1..).zip(rows) {
        if row.number != place {
            fault(Some(row.number), "a row before this one is missing");
            return Ok(faults);
        }
        if chained(key, place, row, &before)? != row.hash.as_slice() {
            fault(Some(row.number), "this row, or the one before it, was changed");
            return Ok(faults);
        }
        before.clone_from(&row.hash);
    }
    let Some((head, seal)) = head else {
        fault(None, "the end of the chain is missing");
        return Ok(faults);
    };
    if sealed(key, member, head)? != seal.as_slice() {
        fault(None, "the end of the chain was changed");
    }
    if usize::try_from(head.count).ok() != Some(rows.len()) || head.hash != before.as_slice() {
        fault(None, "the chain does not end where it should: rows are missing at its end");
    }
    Ok(faults)
}

#[cfg(test)]
mod tests;

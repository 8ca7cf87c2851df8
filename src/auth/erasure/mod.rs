//! Erasing an account, and the little that is kept of it: to whom what kind of thing was shown on which day.
//!
//! Whoever shows health records to others must be able to say so for six years, also of a person who has left.
//! What is kept names nobody: no address, no word, no record, no time of day; recipients by the ids of their
//! accounts. It is sealed, and found only by who knows the erased account's id and has the master key.

pub mod store;

use std::collections::BTreeMap;
use std::io::Write as _;

use chrono::NaiveDate;
use clap::Args;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock;
use crate::config::Config;
use crate::db::Db;
use crate::db::seal::{Keyring, keyed_hash, open_under, seal_under};
use crate::db::types::{Day, Id, Time};
use crate::domain::day::add_days;
use crate::error::{Error, Result};

/// How long it is kept: six years.
const KEPT_DAYS: i64 = 6 * 366;

/// `recovery-journal disclosures`
#[derive(Args)]
pub struct Disclosures {
    /// The id that the erased account had, as its exports name it
    #[arg(value_parser = account_id)]
    account: Id,
}

fn account_id(text: &str) -> std::result::Result<Id, &'static str> {
    Id::parse(text).ok_or("an account's id such as 4a57a1f2-7c0e-4d38-9a52-0c9ab5d0f3e1")
}

/// A row of a ledger of disclosures, as far as it is kept: when, to whom, what, how much of it, whether it was
/// allowed, records.
pub(super) type Row = (Time, Id, String, String, String, i64);

/// What one recipient was shown of one kind on one day.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Disclosed {
    /// Which day, in UTC.
    on: NaiveDate,
    /// By which account.
    recipient: Id,
    /// The kind: a collection or a figure.
    collection: String,
    /// How much of it was open.
    detail: String,
    /// `allowed` or `denied`.
    outcome: String,
    /// How often.
    times: i64,
    /// Records in all.
    records: i64,
}

/// What is kept of an erased account.
pub(super) struct Kept {
    ledger: Id,
    erased_on: Day,
    disclosed: Vec<u8>,
}

impl Kept {
    /// Seals what is kept of a ledger; nothing, where nothing was ever shown.
    fn of(keyring: &Keyring, account: Id, rows: Vec<Row>, now: Time) -> Result<Option<Self>> {
        if rows.is_empty() {
            return Ok(None);
        }
        let ledger = pseudonym(keyring, account);
        let plain = serde_json::to_vec(&condensed(rows)).map_err(Error::internal)?;
        let disclosed = seal_under(keyring.disclosures(), &context(ledger), &plain)?;
        Ok(Some(Self { ledger, erased_on: Day(now.utc().date_naive()), disclosed }))
    }

    fn open(&self, keyring: &Keyring) -> Result<Vec<Disclosed>> {
        let plain = open_under(keyring.disclosures(), &context(self.ledger), &self.disclosed)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }
}

/// What an erased account is called from then on.
fn pseudonym(keyring: &Keyring, account: Id) -> Id {
    let hash = keyed_hash(keyring.disclosures(), &[b"erased\0", account.0.as_bytes()]);
    Id(Uuid::from_bytes(hash.first_chunk().copied().unwrap_or_default()))
}

fn context(ledger: Id) -> Vec<u8> {
    [b"erased ledger\0".as_slice(), ledger.0.as_bytes()].concat()
}

/// The rows of a ledger without what could tell one from another of the same kind and day.
fn condensed(rows: Vec<Row>) -> Vec<Disclosed> {
    let mut kinds: BTreeMap<_, (i64, i64)> = BTreeMap::new();
    for (at, recipient, collection, detail, outcome, records) in rows {
        let kind = (at.utc().date_naive(), recipient, collection, detail, outcome);
        let (times, all) = kinds.entry(kind).or_default();
        (*times, *all) = (*times + 1, *all + records);
    }
    let disclosed = |((on, recipient, collection, detail, outcome), (times, records))| Disclosed {
        on,
        recipient,
        collection,
        detail,
        outcome,
        times,
        records,
    };
    kinds.into_iter().map(disclosed).collect()
}

/// The last date of erasure that is not kept any more.
fn forgotten(today: NaiveDate) -> Day {
    Day(add_days(today, -KEPT_DAYS))
}

/// Prints what was disclosed of an erased account, a line for each day, recipient and kind.
pub async fn disclosures(config: &Config, arguments: &Disclosures) -> Result<()> {
    let db = Db::open(config).await?;
    let keyring = Keyring::load(&config.master_key_file)?;
    let ledger = pseudonym(&keyring, arguments.account);
    let oldest = forgotten(clock::now().date_naive());
    let kept = db.read(async |conn| store::kept(conn, ledger, oldest).await).await?;
    db.close();
    let kept = kept.ok_or_else(|| {
        Error::internal(
            "nothing is kept of an erased account with this id: nothing of it was shown, or it is long ago",
        )
    })?;
    let line = |it: Disclosed| {
        let Disclosed { on, recipient, collection, detail, outcome, times, records } = it;
        format!("{on},{recipient},{collection},{detail},{outcome},{times},{records}\n")
    };
    let head =
        format!("erased on {}\non,recipient,collection,detail,outcome,times,records\n", kept.erased_on.0);
    let lines: String = std::iter::once(head).chain(kept.open(&keyring)?.into_iter().map(line)).collect();
    std::io::stdout().write_all(lines.as_bytes()).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::seal::Secret;

    fn row(minute: i64, recipient: u128, collection: &str, outcome: &str, records: i64) -> Row {
        let at = Time(1_700_000_000_000_000 + minute * 60_000_000);
        (at, Id(Uuid::from_u128(recipient)), collection.into(), "entries".into(), outcome.into(), records)
    }

    #[test]
    fn a_day_is_one_line_for_each_recipient_and_kind() {
        let rows = vec![
            row(1, 1, "cravings", "allowed", 30),
            row(2, 1, "cravings", "allowed", 12),
            row(3, 2, "cravings", "allowed", 5),
            row(4, 1, "check_ins", "denied", 0),
            row(1_440, 1, "cravings", "allowed", 1),
        ];
        let told: Vec<_> = condensed(rows)
            .into_iter()
            .map(|it| (it.on.to_string(), it.collection, it.times, it.records))
            .collect();
        let expected = [
            ("2023-11-14", "check_ins", 1, 0),
            ("2023-11-14", "cravings", 2, 42),
            ("2023-11-14", "cravings", 1, 5),
            ("2023-11-15", "cravings", 1, 1),
        ];
        assert_eq!(
            told,
            expected.map(|(on, kind, times, records)| (on.to_owned(), kind.to_owned(), times, records))
        );
    }

    #[test]
    fn what_is_kept_opens_with_the_master_key_and_tells_no_account() {
        let account = Id(Uuid::from_u128(7));
        let [own, other] = [1, 2].map(|byte| Keyring::from_master(&Secret::new([byte; 32])).unwrap());
        let rows = vec![row(1, 1, "cravings", "allowed", 30)];
        let kept = Kept::of(&own, account, rows.clone(), Time(0)).unwrap().unwrap();
        assert_ne!(kept.ledger, account);
        assert_eq!(kept.ledger, pseudonym(&own, account));
        assert_ne!(kept.ledger, pseudonym(&other, account));
        assert_eq!(kept.open(&own).unwrap(), condensed(rows));
        assert!(kept.open(&other).is_err());
        assert!(Kept::of(&own, account, Vec::new(), Time(0)).unwrap().is_none());
    }
}

//! `recovery-journal verify`: every ledger of disclosures looked at from its first row to its sealed end.

use super::ledger::{Fault, examine, store};
use crate::config::Config;
use crate::db::Db;
use crate::db::seal::Keyring;
use crate::error::Result;

/// What was looked at, and what does not fit.
#[derive(Debug, Default)]
pub struct Report {
    /// Journals that have a ledger.
    pub journals: usize,
    /// Rows in all.
    pub disclosures: usize,
    /// What does not fit, in words, a line each.
    pub faults: Vec<String>,
}

/// Looks at every ledger. Changes nothing.
pub async fn verify(config: &Config) -> Result<Report> {
    let db = Db::open(config).await?;
    let keyring = Keyring::load(&config.master_key_file)?;
    let members = db.read(async |conn| store::ledgers(conn).await).await?;
    let mut report = Report { journals: members.len(), ..Report::default() };
    for member in members {
        let (end, rows) = db.snapshot(async |conn| store::ledger(conn, member).await).await?;
        report.disclosures += rows.len();
        let faults = examine(keyring.disclosures(), member, end, &rows)?;
        report.faults.extend(faults.iter().map(ToString::to_string));
    }
    db.close();
    Ok(report)
}

impl std::fmt::Display for Fault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.number {
            Some(number) => write!(out, "journal {}, disclosure {number}: {}", self.member, self.what),
            None => write!(out, "journal {}: {}", self.member, self.what),
        }
    }
}

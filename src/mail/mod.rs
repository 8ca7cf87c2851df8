//! Mails about accounts: kept in the database until they were sent, and sent away from the requests that asked.
//!
//! | file | what it does |
//! |---|---|
//! | `letters` | what mails say |
//! | `outlet` | where they go: to the server that `SMTP_URL` names, or into files |
//! | `store` | the queue |
//!
//! A mail is written into the queue by the transaction that it is about, so that there is one exactly if that was
//! done. It is sent at least once: one whose sending was cut off is sent again. Refuses to keep what it says for
//! longer than needed, and to send what is no longer worth sending. No address and no word of one is logged.

mod letters;
mod outlet;
mod store;

pub use letters::{Kind, Letter};
pub use store::{MailRow, asked_lately, forget, queue};

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use self::outlet::{Fate, Outlet};
use crate::clock;
use crate::config::Config;
use crate::db::Db;
use crate::db::seal::{Keyring, open_under, seal_under};
use crate::db::types::{Id, Time};
use crate::error::{Error, Result};

/// How often the queue is looked at for what is to be tried again, or was left by another process.
const LOOK: Duration = Duration::from_secs(10);
/// Mails taken from the queue at a time.
const BATCH: i64 = 20;
/// Seconds for which whoever sends a mail has it for itself.
const LEASE: i64 = 120;
/// Seconds before a second try; doubled for each further one.
const FIRST_WAIT: i64 = 30;
/// Longest wait between tries, in seconds.
const LONGEST_WAIT: i64 = 3_600;
/// Seconds between two clearings of what is long done.
const CLEARING: i64 = 3_600;

/// What a mail needs to be written, beside its kind.
#[derive(Clone, Serialize, Deserialize)]
pub struct Contents {
    /// The address.
    pub to: String,
    /// What makes its link work.
    pub token: Option<String>,
}

/// The queue and the way out.
pub struct Post {
    db: Db,
    keyring: Arc<Keyring>,
    outlet: Outlet,
    /// Where links lead.
    public_url: String,
    waiting: Notify,
}

impl Post {
    /// Prepares the way out. Refuses settings that no mail could be sent with.
    pub fn new(config: &Config, db: Db, keyring: Arc<Keyring>) -> Result<Self> {
        let public_url = config.public_url.clone();
        Ok(Self {
            db,
            keyring,
            outlet: Outlet::new(config)?,
            public_url: public_url.unwrap_or_else(|| format!("http://{}", config.bind_address)),
            waiting: Notify::new(),
        })
    }

    /// A mail for the queue.
    pub fn sealed(&self, kind: Kind, contents: &Contents, now: Time) -> Result<MailRow> {
        let mail_id = Id(clock::new_random_id());
        let plain = serde_json::to_vec(contents).map_err(Error::internal)?;
        Ok(MailRow {
            email_hash: self.keyring.email_hash(&contents.to).to_vec(),
            mail_id,
            kind: kind.as_str().to_owned(),
            sealed: Some(seal_under(self.keyring.mail(), &context(mail_id, kind), &plain)?),
            created_at: now,
            expires_at: now.plus_seconds(kind.worth_sending()),
            attempts: 0,
            next_at: Some(now),
            sent_at: None,
        })
    }

    /// Says that there is something in the queue.
    pub fn wake(&self) {
        self.waiting.notify_one();
    }

    /// A link to a page of ours.
    #[must_use]
    pub fn link(&self, page: &str, token: &str) -> String {
        format!("{}/account/{page}?token={token}", self.public_url)
    }

    /// Sends what is in the queue, for ever. `write` says what a mail says when its turn has come; none, if it is
    /// not to be sent after all.
    pub async fn deliver(&self, write: impl AsyncFn(Kind, &Contents) -> Result<Option<Letter>>) {
        self.outlet.announce();
        let mut cleared = Time(0);
        loop {
            let now: Time = clock::now().into();
            let again = match self.round(now, &write).await {
                Ok(taken) => taken == usize::try_from(BATCH).unwrap_or_default(),
                Err(error) => {
                    tracing::warn!(%error, "the queue of mails cannot be worked on");
                    false
                }
            };
            if cleared.plus_seconds(CLEARING) < now && self.clear(now).await.is_ok() {
                cleared = now;
            }
            if !again {
                // Either way there is something to look for.
                drop(tokio::time::timeout(LOOK, self.waiting.notified()).await);
            }
        }
    }

    /// Tries what is due once; answers how many mails that were.
    async fn round(
        &self,
        now: Time,
        write: &impl AsyncFn(Kind, &Contents) -> Result<Option<Letter>>,
    ) -> Result<usize> {
        let due = self.db.read(async |conn| store::due(conn, now, BATCH).await).await?;
        let taken = due.len();
        for row in due {
            let mine = row.clone();
            let until = now.plus_seconds(LEASE);
            if self.db.write(async move |conn| store::claim(conn, &mine, until).await).await? {
                self.one(row, write).await?;
            }
        }
        Ok(taken)
    }

    async fn one(
        &self,
        row: MailRow,
        write: &impl AsyncFn(Kind, &Contents) -> Result<Option<Letter>>,
    ) -> Result<()> {
        let now: Time = clock::now().into();
        let letter = match (self.opened(&row), row.expires_at > now) {
            (Ok((kind, contents)), true) => {
                write(kind, &contents).await?.map(|letter| (kind, contents.to, letter))
            }
            (Ok(_), false) => None,
            // Sealed under another master key: nobody can send it.
            (Err(error), _) => {
                tracing::warn!(%error, "a mail is given up");
                None
            }
        };
        let Some((kind, to, letter)) = letter else {
            return self.db.write(async move |conn| store::settle(conn, &row, None).await).await;
        };
        let attempt = row.attempts + 1;
        let outcome = match self.outlet.send(&to, &letter, row.mail_id).await {
            Fate::Sent => {
                self.db.write(async move |conn| store::settle(conn, &row, Some(now)).await).await?;
                "sent"
            }
            Fate::Refused(reason) => {
                tracing::warn!(kind = kind.as_str(), attempt, reason, "a mail was refused for good");
                self.db.write(async move |conn| store::settle(conn, &row, None).await).await?;
                "refused"
            }
            Fate::Failed(reason) => {
                let wait = wait_after(attempt);
                tracing::warn!(
                    kind = kind.as_str(),
                    attempt,
                    reason,
                    wait,
                    "a mail was not sent and will be tried again"
                );
                let next = now.plus_seconds(wait);
                self.db.write(async move |conn| store::again(conn, &row, next).await).await?;
                "failed"
            }
        };
        metrics::counter!("mails_total", "outcome" => outcome).increment(1);
        Ok(())
    }

    fn opened(&self, row: &MailRow) -> Result<(Kind, Contents)> {
        let kind = Kind::parse(&row.kind).ok_or_else(|| Error::internal("a mail of an unknown kind"))?;
        let sealed = row.sealed.as_deref().unwrap_or_default();
        let context = context(row.mail_id, kind);
        let under = |key| open_under(key, &context, sealed).ok();
        let plain = self.keyring.mails().find_map(under);
        let plain = plain.ok_or_else(|| Error::internal("it is sealed under no key we have"))?;
        Ok((kind, serde_json::from_slice(&plain).map_err(Error::internal)?))
    }

    async fn clear(&self, now: Time) -> Result<()> {
        self.outlet.clear(now);
        self.db.write(async move |conn| store::clear(conn, now).await).await
    }
}

/// What a mail is sealed for: itself, as what it is.
fn context(mail_id: Id, kind: Kind) -> Vec<u8> {
    [mail_id.0.as_bytes().as_slice(), kind.as_str().as_bytes()].concat()
}

/// Seconds to wait after so many tries.
fn wait_after(attempts: i32) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or_default();
    (FIRST_WAIT << doublings).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_bounded() {
        let waits: Vec<i64> = (1..10).map(wait_after).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(wait_after(i32::MAX), 3_600);
    }
}

//! Which mail is written when its turn in the queue has come: only here is it looked whether somebody has the
//! address, long after whoever asked was answered.
//!
//! Refuses to send more than a few mails an hour to somebody who may not have asked for any.

use std::sync::Arc;

use super::Auth;
use super::links::{RESET, ResetToken};
use super::store;
use crate::clock;
use crate::db::types::Time;
use crate::error::Result;
use crate::mail::{self, Contents, Kind, Letter, MailRow};

/// Mails that anybody can ask for, to one address in an hour.
const MOST: i64 = 3;
const HOUR: i64 = 3_600;

impl Auth {
    /// Sends mails, for ever.
    pub async fn deliver(self: Arc<Self>) {
        self.post.deliver(async |kind, contents| self.letter(kind, contents).await).await;
    }

    /// A mail that tells somebody what happened to their account, for the transaction in which it does.
    pub(super) fn notice(&self, kind: Kind, to: String, now: Time) -> Result<MailRow> {
        self.post.sealed(kind, &Contents { to, token: None }, now)
    }

    async fn letter(&self, kind: Kind, contents: &Contents) -> Result<Option<Letter>> {
        if let Some(notice) = kind.notice() {
            return Ok(Some(notice));
        }
        let email = self.keyring.email_hash(&contents.to);
        let now: Time = clock::now().into();
        let (lately, known) = self
            .db
            .snapshot(async |conn| {
                let lately = mail::asked_lately(conn, &email, now.plus_seconds(-HOUR)).await?;
                Ok((lately, store::find_by_email(conn, &email).await?))
            })
            .await?;
        if lately >= MOST {
            return Ok(None);
        }
        // Written to somebody's address about their own account only, whatever the database says whose it is.
        let known = match known.map(|found| self.open_at(found, &email)).transpose() {
            Ok(known) => known,
            Err(error) => {
                tracing::warn!(%error, "a mail is given up");
                return Ok(None);
            }
        };
        match (kind, known, &contents.token) {
            (Kind::Registration, None, Some(token)) => {
                Ok(Some(Letter::confirmation(&self.post.link("confirm", token))))
            }
            (Kind::Registration, Some(_), _) => Ok(Some(Letter::known())),
            (Kind::Reset, Some((row, _)), _) => {
                let token = ResetToken::new(row.account_id)?;
                let (hash, until) = (token.hash(&self.keyring), now.plus_seconds(RESET));
                let begin = async move |conn: &crate::db::Conn<'_>| {
                    store::begin_reset(conn, row.account_id, &hash, now, until).await
                };
                self.db.write(begin).await?;
                Ok(Some(Letter::reset(&self.post.link("reset", &token.text()))))
            }
            _ => Ok(None),
        }
    }
}

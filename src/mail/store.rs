//! The SQL of the queue of mails. A mail is found by its address' hash and its own id; only what is due, or long
//! done, is looked for across addresses.

use diesel::prelude::*;

use super::Kind;
use crate::db::Conn;
use crate::db::schema::mails;
use crate::db::types::{Id, Time};
use crate::error::Result;

/// Seconds for which it is kept that a mail was sent.
const REMEMBERED: i64 = 24 * 3_600;

/// A mail in the queue; `sealed` is what it takes to write it.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = mails, treat_none_as_default_value = false)]
#[expect(missing_docs, reason = "the columns, as the migration describes them")]
pub struct MailRow {
    pub email_hash: Vec<u8>,
    pub mail_id: Id,
    pub kind: String,
    pub sealed: Option<Vec<u8>>,
    pub created_at: Time,
    pub expires_at: Time,
    pub attempts: i32,
    pub next_at: Option<Time>,
    pub sent_at: Option<Time>,
}

/// Puts a mail into the queue, as part of what it is about.
pub async fn queue(conn: &Conn<'_>, row: &MailRow) -> Result<()> {
    conn.send(diesel::insert_into(mails::table).values(row)).await?;
    Ok(())
}

/// Forgets every mail to an address.
pub async fn forget(conn: &Conn<'_>, email_hash: &[u8]) -> Result<()> {
    conn.send(diesel::delete(mails::table.filter(mails::email_hash.eq(email_hash)))).await?;
    Ok(())
}

/// How many mails that anybody can ask for went to an address since a moment.
pub async fn asked_lately(conn: &Conn<'_>, email_hash: &[u8], since: Time) -> Result<i64> {
    let asked = [Kind::Registration.as_str(), Kind::Reset.as_str()];
    let sent = mails::table
        .filter(mails::email_hash.eq(email_hash))
        .filter(mails::kind.eq_any(asked).and(mails::sent_at.gt(Some(since))));
    Ok(conn.first(sent.count()).await?.unwrap_or_default())
}

/// What is to be sent by `now`, the longest due first.
pub async fn due(conn: &Conn<'_>, now: Time, limit: i64) -> Result<Vec<MailRow>> {
    let due = mails::table.filter(mails::next_at.le(Some(now)));
    Ok(conn.load(due.order(mails::next_at).limit(limit)).await?)
}

/// Takes a mail for oneself until a moment. `false` when somebody else has it.
pub async fn claim(conn: &Conn<'_>, row: &MailRow, until: Time) -> Result<bool> {
    let this =
        mails::table.find((row.email_hash.as_slice(), row.mail_id)).filter(mails::next_at.eq(row.next_at));
    let taken = (mails::next_at.eq(Some(until)), mails::attempts.eq(mails::attempts + 1));
    Ok(conn.execute(diesel::update(this).set(taken)).await? == 1)
}

/// Is done with a mail, and keeps nothing of it.
pub async fn settle(conn: &Conn<'_>, row: &MailRow, sent_at: Option<Time>) -> Result<()> {
    let this = mails::table.find((row.email_hash.as_slice(), row.mail_id));
    let done =
        (mails::sealed.eq(None::<Vec<u8>>), mails::next_at.eq(None::<Time>), mails::sent_at.eq(sent_at));
    conn.send(diesel::update(this).set(done)).await?;
    Ok(())
}

/// Lets a mail be tried again.
pub async fn again(conn: &Conn<'_>, row: &MailRow, next_at: Time) -> Result<()> {
    let this = mails::table.find((row.email_hash.as_slice(), row.mail_id));
    conn.send(diesel::update(this).set(mails::next_at.eq(Some(next_at)))).await?;
    Ok(())
}

/// Forgets what was sent, or given up, long ago.
pub async fn clear(conn: &Conn<'_>, now: Time) -> Result<()> {
    let old = mails::next_at.is_null().and(mails::created_at.lt(now.plus_seconds(-REMEMBERED)));
    conn.send(diesel::delete(mails::table.filter(old))).await?;
    Ok(())
}

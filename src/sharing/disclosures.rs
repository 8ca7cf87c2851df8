//! The member's own list of disclosures, the newest first, in pages.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{NaiveDate, NaiveTime, TimeZone as _};
use chrono_tz::Tz;

pub use super::ledger::Disclosure;
use super::ledger::store as ledger;
use super::share::Share;
use super::{Sharing, store};
use crate::auth::Account;
use crate::db::Conn;
use crate::db::types::{Id, Time};
use crate::domain::day::add_days;
use crate::error::{Code, Error, Result};
use crate::http::query::Query;
use crate::journal::page::{LIMIT, LIMIT_MAX};

/// Which disclosures.
pub struct Asked {
    limit: i64,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    before: Option<i64>,
}

impl Asked {
    /// Reads `limit`, `cursor`, `from` and `to`.
    pub fn of(mut query: Query) -> Result<Self> {
        let limit = query.number("limit", 1, LIMIT_MAX).unwrap_or(LIMIT);
        let (from, to) = (query.date("from"), query.date("to"));
        let cursor = query.text("cursor");
        query.finish()?;
        let before = cursor.map(|text| decode(&text).ok_or_else(|| Error::of(Code::InvalidCursor)));
        Ok(Self { limit, from, to, before: before.transpose()? })
    }
}

/// A cursor is the number of the last row of the page before.
fn encode(number: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("disclosures:{number}"))
}

fn decode(text: &str) -> Option<i64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    text.strip_prefix("disclosures:")?.parse().ok().filter(|number| *number > 0)
}

/// When a date begins in a zone; where the clock skips midnight, the first moment after it.
fn beginning(date: NaiveDate, zone: Tz) -> Time {
    let midnight = date.and_time(NaiveTime::MIN);
    let within =
        |hours: i64| zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(hours))).earliest();
    let begins = (0..=3).find_map(within);
    Time(begins.map_or_else(|| midnight.and_utc().timestamp_micros(), |at| at.timestamp_micros()))
}

/// A page of a member's disclosures, and where the next one goes on.
async fn page(conn: &Conn<'_>, member: &Account, asked: &Asked) -> Result<(Vec<Disclosure>, Option<i64>)> {
    let since = asked.from.map(|date| beginning(date, member.time_zone));
    let until = asked.to.map(|date| beginning(add_days(date, 1), member.time_zone));
    let wanted = asked.limit + 1;
    let mut rows = ledger::of_member(conn, &member.key, asked.before, (since, until), wanted).await?;
    let shares = store::all(conn, &member.key).await?;
    let addresses: HashMap<Id, String> = shares
        .into_iter()
        .map(|row| Share::open(row, &member.key).map(|share| (share.id(), share.words.email)))
        .collect::<Result<_>>()?;
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.number);
    let show = |row: ledger::DisclosureRow| Disclosure {
        at: row.at,
        recipient: addresses.get(&row.share_id).cloned().unwrap_or_default(),
        share_id: row.share_id,
        collection: row.collection,
        path: row.path,
        detail: row.detail,
        from: row.from_date.map(|day| day.0),
        to: row.to_date.map(|day| day.0),
        records: row.records,
        outcome: row.outcome,
        request_id: row.request_id,
    };
    Ok((rows.into_iter().map(show).collect(), next))
}

/// Hands all of a member's disclosures over, the newest first, page by page.
pub async fn each_page(
    conn: &Conn<'_>,
    member: &Account,
    mut take: impl AsyncFnMut(Vec<Disclosure>) -> Result<()>,
) -> Result<()> {
    let mut asked = Asked { limit: LIMIT_MAX, from: None, to: None, before: None };
    loop {
        let (disclosures, next) = page(conn, member, &asked).await?;
        take(disclosures).await?;
        match next {
            None => return Ok(()),
            before => asked.before = before,
        }
    }
}

impl Sharing {
    /// A page of a member's disclosures, and the cursor of the next one.
    pub async fn disclosures(
        &self,
        member: &Account,
        asked: Asked,
    ) -> Result<(Vec<Disclosure>, Option<String>)> {
        let (disclosures, next) = self.db.snapshot(async |conn| page(conn, member, &asked).await).await?;
        Ok((disclosures, next.map(encode)))
    }
}

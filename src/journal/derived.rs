//! Answers made from a journal: worked out at most once for a revision of the journal, a today and the
//! parameters, kept in a bounded cache, and tagged, so that asking again costs one read by key.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use chrono_tz::Tz;
use moka::sync::Cache;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::{document, store};
use crate::auth::Account;
use crate::clock;
use crate::db::seal::sha256;
use crate::db::{Conn, Db};
use crate::domain::day;
use crate::error::{Code, Result};
use crate::http::query::Query;
use crate::http::reply;
use crate::http::route::Parameter;

/// Most bytes of answers kept.
const CAPACITY: u64 = 16 * 1024 * 1024;

/// The answers kept, by their entity tag.
pub struct Derived {
    kept: Cache<String, Arc<[u8]>>,
}

impl Default for Derived {
    fn default() -> Self {
        let weigh =
            |tag: &String, body: &Arc<[u8]>| u32::try_from(tag.len() + body.len()).unwrap_or(u32::MAX);
        Self { kept: Cache::builder().max_capacity(CAPACITY).weigher(weigh).build() }
    }
}

/// What "today" is for an answer: the date the person lives now, in their zone or `?tz=`, with their start
/// of the day; or `?as_of=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// The date.
    pub date: NaiveDate,
    /// The zone it was found in.
    pub zone: Tz,
}

impl Today {
    /// Reads `tz` and `as_of`.
    pub fn of(query: &mut Query, account: &Account) -> Self {
        let zone = query
            .parsed("tz", "an IANA time zone such as America/New_York", |text| text.parse().ok())
            .unwrap_or(account.time_zone);
        let as_of = query.date("as_of");
        let date = as_of.unwrap_or_else(|| day::local_date(clock::now(), &zone, account.day_starts_at));
        Self { date, zone }
    }
}

/// `tz` and `as_of` in the document.
#[must_use]
pub fn parameters() -> [Parameter; 2] {
    let query =
        |name, schema: ObjectBuilder, about| Parameter { name, place: "query", schema: schema.into(), about };
    let zone = ObjectBuilder::new().schema_type(Type::String);
    [
        query("tz", zone, "IANA zone in which today is found; the account's when not given."),
        query("as_of", document::date(), "The date to take for today."),
    ]
}

/// Ends the reading of a figure's parameters: what cannot be used is 422.
pub fn finish(query: Query) -> Result<()> {
    query.finish_as(Code::ValidationFailed)
}

impl Derived {
    /// Answers with a body made by `make`, unless the caller has it (304) or it is kept. `parameters` says
    /// everything that the body depends on beside the journal's revision, today, the account's zone and its
    /// start of the day.
    pub async fn answer(
        &self,
        db: &Db,
        account: &Account,
        request: &HttpRequest,
        today: Today,
        parameters: &str,
        make: impl AsyncFnOnce(&mut Conn<'_>) -> Result<Vec<u8>>,
    ) -> Result<HttpResponse> {
        let tag = |revision: i64| {
            let (zone, start) = (account.time_zone, account.day_starts_at);
            let named = format!(
                "{}|{revision}|{}|{}|{zone}|{start}|{}|{parameters}",
                account.id,
                today.date,
                today.zone,
                request.path()
            );
            format!("\"{}\"", URL_SAFE_NO_PAD.encode(sha256(named.as_bytes())))
        };
        let revision = db.read(async |conn| store::revision(conn, &account.key).await).await?;
        let known = tag(revision);
        if reply::none_match(request.headers(), &known) {
            return Ok(reply::not_modified(&known));
        }
        if let Some(body) = self.kept.get(&known) {
            return Ok(reply::tagged(request.headers(), &known, || body.to_vec()));
        }
        let (revision, body) = db
            .snapshot(async |conn| {
                // The journal may have moved on since the look before: the body belongs to this revision.
                let revision = store::revision(conn, &account.key).await?;
                Ok((revision, make(conn).await?))
            })
            .await?;
        let tag = tag(revision);
        self.kept.insert(tag.clone(), body.as_slice().into());
        Ok(reply::tagged(request.headers(), &tag, || body))
    }
}

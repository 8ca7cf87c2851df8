//! Answers made from a journal: worked out at most once for a revision of the journal, a today and the
//! parameters, kept in a bounded cache, and tagged, so that asking again costs one read by key.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::sync::Cache;

use crate::auth::Account;
use crate::db::seal::sha256;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::http::reply;
use crate::journal::store;
use crate::journal::today::Today;

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

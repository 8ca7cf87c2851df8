//! Answers made from a journal (lists, days, figures): made at most once for a revision of the journal and a
//! question, kept in a bounded cache, and tagged, so that asking again costs one read by key.

use std::time::Duration;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::sync::Cache;

use crate::db::seal::sha256;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::http::{meters, reply};
use crate::journal::{Reading, store};

use super::readable::Answered;

/// Most bytes of answers kept.
const CAPACITY: u64 = 16 * 1024 * 1024;
/// How long an answer is kept that nobody asks for: it is somebody's diary in the open.
const IDLE: Duration = Duration::from_mins(5);

/// The answers kept, by their entity tag.
pub struct Derived {
    kept: Cache<String, Kept>,
}

/// An answer that is kept.
#[derive(Clone)]
pub struct Kept {
    /// JSON.
    pub body: Bytes,
    /// How many records it shows.
    pub records: usize,
}

impl Default for Derived {
    fn default() -> Self {
        let weigh =
            |tag: &String, kept: &Kept| u32::try_from(tag.len() + kept.body.len()).unwrap_or(u32::MAX);
        Self { kept: Cache::builder().max_capacity(CAPACITY).weigher(weigh).time_to_idle(IDLE).build() }
    }
}

impl Derived {
    /// An answer by everything it was made from.
    #[must_use]
    pub fn get(&self, tag: &str) -> Option<Kept> {
        self.kept.get(tag)
    }

    /// Keeps an answer.
    pub fn keep(&self, tag: String, kept: Kept) {
        self.kept.insert(tag, kept);
    }

    /// Answers with a body made by `make`, unless the caller has it (304) or it is kept. `question` says
    /// everything that the body depends on beside the path and the journal's revision.
    pub async fn answer(
        &self,
        db: &Db,
        reading: &Reading<'_>,
        request: &HttpRequest,
        question: &str,
        make: impl AsyncFnOnce(&mut Conn<'_>) -> Result<Answered>,
    ) -> Result<HttpResponse> {
        let tag = |revision: i64| {
            let named = format!("{}|{revision}|{}|{question}", reading.account(), request.path());
            format!("\"{}\"", URL_SAFE_NO_PAD.encode(sha256(named.as_bytes())))
        };
        let revision = db.read(async |conn| store::revision(conn, reading.key).await).await?;
        let known = tag(revision);
        if reply::none_match(request.headers(), &known) {
            meters::derived("client").increment(1);
            return Ok(reply::not_modified(&known));
        }
        if let Some(kept) = self.get(&known) {
            meters::derived("kept").increment(1);
            return Ok(reply::tagged(request.headers(), &known, || kept.body));
        }
        meters::derived("made").increment(1);
        let (revision, answered) = db
            .snapshot(async |conn| {
                // The journal may have moved on since the look before: the body belongs to this revision.
                let revision = store::revision(conn, reading.key).await?;
                Ok((revision, make(conn).await?))
            })
            .await?;
        let tag = tag(revision);
        let body = Bytes::from(answered.body);
        self.keep(tag.clone(), Kept { body: body.clone(), records: answered.records });
        Ok(reply::tagged(request.headers(), &tag, || body))
    }
}

//! Answers made from a journal (lists, days, figures): made at most once for a revision of the journal and a
//! question, kept in a bounded cache, and tagged, so that asking again costs one read by key.

use std::time::Duration;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::try_join;
use metrics::Counter;
use moka::sync::Cache;

use crate::auth::Member;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::http::{meters, reply};
use crate::journal::{Reading, store};

use super::readable::{Answered, Reach};

/// Most bytes of answers kept.
const CAPACITY: u64 = 16 * 1024 * 1024;
/// How long an answer is kept that nobody asks for: it is somebody's diary in the open.
const IDLE: Duration = Duration::from_mins(5);

/// The revision from which a journal is long: figures over all of it take several milliseconds, in which nobody
/// else would be answered (docs/PERFORMANCE.md).
const LONG: i64 = 2_000;

/// The answers kept, by their entity tag.
pub struct Derived {
    kept: Cache<String, Kept>,
    /// Where answers came from.
    from: Origins,
}

struct Origins {
    client: Counter,
    kept: Counter,
    made: Counter,
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
        let from = Origins {
            client: meters::derived("client"),
            kept: meters::derived("kept"),
            made: meters::derived("made"),
        };
        let kept = Cache::builder().max_capacity(CAPACITY).weigher(weigh).time_to_idle(IDLE).build();
        Self { kept, from }
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

    /// Answers a member with a body made by `make`, unless they have it (304) or it is kept. `question` says
    /// everything that the body depends on beside the path and the journal's revision, `reach` how much of the journal
    /// it is made of.
    pub async fn answer(
        &self,
        db: &Db,
        member: &Member,
        request: &HttpRequest,
        question: &str,
        reach: Reach,
        make: impl AsyncFn(&Conn<'_>, &Reading<'_>) -> Result<Answered> + Send + 'static,
    ) -> Result<HttpResponse> {
        let tag = |revision: i64| {
            let (id, revision, path) = (member.id.0.as_bytes(), revision.to_be_bytes(), request.path());
            // No path has a space in it.
            let named = [id.as_slice(), &revision, path.as_bytes(), b" ", question.as_bytes()].concat();
            ["\"", &reply::fingerprint(&named), "\""].concat()
        };
        let journal = db.read(async |conn| store::journal(conn, &member.key).await).await?;
        let known = tag(journal.revision);
        if reply::none_match(request.headers(), &known) {
            self.from.client.increment(1);
            return Ok(reply::not_modified(&known));
        }
        if let Some(kept) = self.get(&known) {
            self.from.kept.increment(1);
            return Ok(reply::tagged(request.headers(), &known, || kept.body));
        }
        self.from.made.increment(1);
        let owner = member.clone();
        let work = async move |db: &Db| {
            let has = async |conn: &Conn<'_>| journal.is_in(conn, owner.id).await;
            db.snapshot_where(has, async |conn| {
                // The journal may have moved on since the look before: the body belongs to this revision.
                let reading = Reading::own(&owner);
                try_join!(store::revision(conn, &owner.key), make(conn, &reading))
            })
            .await
        };
        let is_short = reach == Reach::Few || journal.revision < LONG;
        let made = if is_short { work(db).await } else { db.apart(work).await };
        let (revision, answered) = made?;
        let tag = tag(revision);
        let body = Bytes::from(answered.body);
        self.keep(tag.clone(), Kept { body: body.clone(), records: answered.records });
        Ok(reply::tagged(request.headers(), &tag, || body))
    }
}

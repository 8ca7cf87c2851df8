//! A counselor's clients in one look: what each share allows, in as many queries as there are questions, however
//! many clients there are. Each look at a client is a disclosure of that client's.
//!
//! Shows nothing that a share does not open: a series without data and a clock that is not there look the same
//! whether they are not shared or not written.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{Verdict, accepted};
use super::flags::{self, Flag};
use super::glance::{CaseloadClock, Glance, Subject, glances};
use super::ledger::Entry;
use super::offers::SUPPORTER;
use super::scope::SharedScope;
use super::share::Share;
use super::{Sharing, store};
use crate::auth::{Account, Person};
use crate::clock;
use crate::db::types::{Id, Time};
use crate::db::{Conn, Db};
use crate::domain::day;
use crate::error::{Code, Error, Result};
use crate::journal::routes::derived::Kept;

/// How often the look is taken again because a journal has moved on.
const TRIES: usize = 8;
/// What disclosures call a look at the caseload.
const CASELOAD: &str = "caseload";

/// `GET /v1/clients`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Caseload {
    /// By the weight of their flags, then by name.
    pub items: Vec<Client>,
}

/// A client in the caseload.
#[derive(Debug, Serialize, ToSchema)]
pub struct Client {
    /// The share that it is seen by.
    pub share_id: Id,
    /// The person's name, or their address.
    pub name: String,
    /// The newest date with a record among what is shared.
    pub last_entry_on: Option<NaiveDate>,
    /// Days since then.
    pub silent_days: Option<i64>,
    /// Their first clock, if streaks are shared.
    pub clock: Option<CaseloadClock>,
    /// The mean mood of each of the 14 dates ending today.
    pub mood_14: Vec<Option<f64>>,
    /// The strongest craving of each of these dates.
    pub craving_14: Vec<Option<i64>>,
    /// Meetings of the running ISO week; null when they are not shared.
    pub meetings_this_week: Option<usize>,
    /// The weightiest first.
    pub flags: Vec<Flag>,
    /// When the share ends.
    #[schema(value_type = String, format = "date-time")]
    pub expires_at: Time,
    /// What is shared.
    pub scopes: Vec<SharedScope>,
}

/// A client to be looked at.
struct Looked {
    share: Share,
    person: Arc<Person>,
    today: NaiveDate,
    revision: i64,
    tag: String,
    glance: Option<Glance>,
}

impl Sharing {
    /// The caseload of a counselor, written down in each client's disclosures.
    pub async fn caseload(&self, counselor: &Account, request_id: &str) -> Result<Caseload> {
        for _ in 0..TRIES {
            let (this, id) = (self.clone(), counselor.id);
            let look = async move |db: &Db| db.snapshot(async |conn| this.look_at_all(conn, id).await).await;
            let looked = self.db.apart(look).await?;
            let entry = |one: &Looked| Entry {
                member: one.person.id,
                at: clock::now().into(),
                share: one.share.id(),
                recipient: counselor.id,
                collection: CASELOAD.to_owned(),
                path: String::new(),
                detail: "summary",
                from: None,
                to: None,
                records: 0,
                allowed: true,
                request_id: request_id.to_owned(),
            };
            let seen: Vec<(Entry, i64)> = looked.iter().map(|one| (entry(one), one.revision)).collect();
            if !seen.is_empty() {
                match self.disclose(counselor.id, seen).await? {
                    Verdict::Recorded => {}
                    Verdict::Moved | Verdict::Ended => continue,
                }
            }
            let mut items: Vec<Client> = looked.into_iter().map(Looked::client).collect();
            items.sort_by_cached_key(|client| {
                (flags::weight(&client.flags), client.name.clone(), client.share_id)
            });
            return Ok(Caseload { items });
        }
        Err(Error::later(Code::Overloaded, "the journals change faster than they can be read", 1))
    }

    /// A member's row in the caseload, for the member.
    pub(super) async fn client(&self, conn: &Conn<'_>, share: Share, person: Arc<Person>) -> Result<Client> {
        let revision = crate::journal::store::revision(conn, &person.key).await?;
        let mut looked = [self.looked(share, person, revision)];
        self.fill(conn, &mut looked).await?;
        let [looked] = looked;
        Ok(looked.client())
    }

    fn looked(&self, share: Share, person: Arc<Person>, revision: i64) -> Looked {
        let today = day::local_date(clock::now(), &person.time_zone, person.day_starts_at);
        let tag = format!("{CASELOAD}|{}|{revision}|{today}", share.id());
        let glance = self.derived.get(&tag).and_then(|kept| serde_json::from_slice(&kept.body).ok());
        Looked { share, person, today, revision, tag, glance }
    }

    async fn look_at_all(&self, conn: &Conn<'_>, counselor: Id) -> Result<Vec<Looked>> {
        let whose = store::received(conn, counselor).await?;
        let now = clock::now().into();
        let in_force = |share: &Share| share.row.is_in_force(now) && share.row.recipient_role != SUPPORTER;
        let found = accepted(conn, &self.keyring, counselor, &whose).await?;
        let found: Vec<_> = found.into_iter().filter(|(share, _)| in_force(share)).collect();
        let members: Vec<Id> = found.iter().map(|(_, person)| person.id).collect();
        let revisions = store::revisions(conn, &members).await?;
        let look = |(share, person): (Share, Arc<Person>)| {
            let revision = revisions.get(&person.id).copied()?;
            Some(self.looked(share, person, revision))
        };
        let mut looked: Vec<Looked> = found.into_iter().filter_map(look).collect();
        self.fill(conn, &mut looked).await?;
        Ok(looked)
    }

    /// Works out what is not kept.
    async fn fill(&self, conn: &Conn<'_>, looked: &mut [Looked]) -> Result<()> {
        let mut cold: Vec<&mut Looked> = looked.iter_mut().filter(|one| one.glance.is_none()).collect();
        if cold.is_empty() {
            return Ok(());
        }
        let subjects: Vec<Subject<'_>> = cold
            .iter()
            .map(|one| Subject { grants: &one.share.grants, person: &one.person, today: one.today })
            .collect();
        let glances = Box::pin(glances(conn, &subjects)).await?;
        for (one, glance) in cold.iter_mut().zip(glances) {
            let body = serde_json::to_vec(&glance).map_err(Error::internal)?;
            self.derived.keep(one.tag.clone(), Kept { body: body.into(), records: 0 });
            one.glance = Some(glance);
        }
        Ok(())
    }
}

impl Looked {
    fn client(self) -> Client {
        let glance = self.glance.unwrap_or_default();
        let expires_at = self.share.row.expires_at;
        let expires_on = expires_at.utc().with_timezone(&self.person.time_zone).date_naive();
        let mut flags = glance.flags;
        flags.extend(flags::expiry(expires_on, self.today));
        Client {
            share_id: self.share.id(),
            name: self.person.name().to_owned(),
            last_entry_on: glance.last_entry_on,
            silent_days: glance.last_entry_on.map(|on| (self.today - on).num_days()),
            clock: glance.clock,
            mood_14: glance.mood_14,
            craving_14: glance.craving_14,
            meetings_this_week: glance.meetings_this_week,
            flags,
            expires_at,
            scopes: self.share.grants.0,
        }
    }
}

//! A visit: several reads of one client in one look, as a page needs them. The answers are those of the client's
//! paths, made by the same code from one snapshot; each is a disclosure of its own, and all of them are written in
//! one transaction before anything is shown.
//!
//! What the share does not open is left out and not asked for: nobody named it. The member's own look at a share
//! is the same look and a disclosure to nobody. Refuses with 404 what is not in force, whatever the reason.

use std::sync::LazyLock;

use chrono::NaiveDate;
use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;

use super::access::{Shown, TRIES, Verdict, Wanted, accepted};
use super::share::Share;
use super::{Sharing, routes, store};
use crate::auth::{Account, Person};
use crate::clock;
use crate::db::Conn;
use crate::db::types::Id;
use crate::domain::day;
use crate::error::{Code, Error, Result};
use crate::http::reply::Bytes;
use crate::journal::Reading;
use crate::journal::routes::readable::Asked;

/// Everything that a share can open and that has no id in its path, as it is when nothing more is said.
static LISTS_AND_FIGURES: LazyLock<Vec<Wanted>> = LazyLock::new(|| {
    let wanted = |readable| Wanted::of(&readable, String::new(), String::new());
    routes::readables().filter_map(wanted).filter(|wanted| !wanted.path.ends_with("{id}")).collect()
});

/// Something that a page would like to show.
pub struct Question {
    /// Below `/v1/clients/{share_id}/`.
    pub path: &'static str,
    /// The query string.
    pub query: String,
}

/// What a visit found.
pub struct Visit {
    /// The share.
    pub share: Share,
    /// The client's name, or their address.
    pub name: String,
    /// The client's today.
    pub today: NaiveDate,
    /// What the share opens of what was asked.
    pub answers: Answers,
}

/// Answers, by the paths that gave them.
#[derive(Default)]
pub struct Answers(Vec<(&'static str, Bytes)>);

impl Answers {
    /// An answer, if there is one.
    pub fn of<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let found = self.0.iter().find(|(known, _)| *known == path);
        found.map(|(_, body)| serde_json::from_slice(body).map_err(Error::internal)).transpose()
    }

    /// Whether there is none at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the journal of one's own answers to the same questions.
    pub async fn of_own(conn: &Conn<'_>, reading: &Reading<'_>, questions: Vec<Question>) -> Result<Self> {
        let answers = questions.into_iter().map(async |Question { path, query }| {
            let asked = Asked { id: "", query: &query };
            let answered = (known(path)?.ask)(asked, reading)?.answer(conn, reading).await?;
            Ok((path, Bytes::from(answered.body)))
        });
        try_join_all(answers).await.map(Self)
    }
}

/// Something readable by its path.
fn known(path: &str) -> Result<&'static Wanted> {
    let known = LISTS_AND_FIGURES.iter().find(|known| known.path == path);
    known.ok_or_else(|| Error::internal(format!("no readable {path}")))
}

/// What a page asks, once the share and the client's today are known.
pub trait Asks: Fn(&Share, NaiveDate) -> Result<Vec<Question>> {}

impl<F: Fn(&Share, NaiveDate) -> Result<Vec<Question>>> Asks for F {}

impl Visit {
    /// An answer, if the share opens it.
    pub fn answer<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        self.answers.of(path)
    }

    fn begin(share: Share, person: &Person) -> Self {
        let today = day::local_date(clock::now(), &person.time_zone, person.day_starts_at);
        Self { share, name: person.name().to_owned(), today, answers: Answers::default() }
    }

    /// What of the questions the share opens.
    fn wanted(&self, asks: &impl Asks, request_id: &str) -> Result<Vec<(&'static str, Wanted)>> {
        let wanted = |question: Question| {
            let (query, request_id) = (question.query, request_id.to_owned());
            Ok((question.path, Wanted { query, request_id, ..known(question.path)?.clone() }))
        };
        let mut all: Vec<_> =
            asks(&self.share, self.today)?.into_iter().map(wanted).collect::<Result<_>>()?;
        all.retain(|(_, wanted)| self.share.grants.allow(wanted.subject).is_some());
        Ok(all)
    }
}

impl Sharing {
    /// Visits a client under a share that the caller has accepted.
    pub async fn visit(
        &self,
        caller: &Account,
        share: Id,
        request_id: &str,
        asks: impl Asks,
    ) -> Result<Visit> {
        for _ in 0..TRIES {
            let looked =
                self.db.snapshot(async |conn| self.looks(conn, caller, share, request_id, &asks).await);
            let (visit, seen) = looked.await?;
            let verdict =
                if seen.is_empty() { Verdict::Recorded } else { self.disclose(caller.id, seen).await? };
            match (verdict, visit) {
                (Verdict::Moved, _) => {}
                (Verdict::Ended, _) | (Verdict::Recorded, None) => return Err(Error::not_found()),
                (Verdict::Recorded, Some(visit)) => return Ok(visit),
            }
        }
        Err(Error::later(Code::Overloaded, "the journal changes faster than it can be read", 1))
    }

    /// Reads one list or figure by itself, as its own path does when nothing more is said.
    pub async fn read_figure(
        &self,
        caller: &Account,
        share: Id,
        path: &'static str,
        request_id: &str,
    ) -> Result<Shown> {
        self.read(caller, share, &Wanted { request_id: request_id.to_owned(), ..known(path)?.clone() }).await
    }

    /// The visit, if the share is in force, and what is to be written down of it.
    async fn looks(
        &self,
        conn: &Conn<'_>,
        caller: &Account,
        share: Id,
        request_id: &str,
        asks: &impl Asks,
    ) -> Result<(Option<Visit>, Vec<(super::ledger::Entry, i64)>)> {
        let member = store::received_from(conn, caller.id, share).await?.ok_or_else(Error::not_found)?;
        let found = accepted(conn, &self.keyring, caller.id, &[(member, share)]).await?.pop();
        let (share, person) = found.ok_or_else(Error::not_found)?;
        let in_force = share.row.is_in_force(clock::now().into());
        let mut visit = Visit::begin(share, &person);
        let mut seen = Vec::new();
        let wanted = visit.wanted(asks, request_id)?;
        let looks = wanted.iter().map(|(_, one)| self.look(conn, caller.id, &visit.share, &person, one));
        let looks = try_join_all(looks).await?;
        for ((path, _), look) in wanted.into_iter().zip(looks) {
            seen.push((look.entry, look.revision));
            match look.shown {
                Ok(kept) => visit.answers.0.push((path, kept.body)),
                // One denial tells of the whole visit.
                Err(_) => return Ok((None, seen)),
            }
        }
        Ok((in_force.then_some(visit), seen))
    }

    /// What a visit would find, for the member whose share it is, whether or not the share is in force.
    pub async fn visit_of_own(&self, member: &Account, share: Id, asks: impl Asks) -> Result<Visit> {
        self.db
            .snapshot(async |conn| {
                let (share, person) = self.own(conn, member, share).await?;
                let visit = Visit::begin(share, &person);
                let answers = visit.wanted(&asks, "")?.into_iter().map(async |(path, wanted)| {
                    Ok((path, self.under(conn, &visit.share, &person, &wanted).await?.body))
                });
                let answers = try_join_all(answers).await.map(Answers);
                answers.map(|answers| Visit { answers, ..visit })
            })
            .await
    }
}

//! Reading under a share. The check of the share, the read and its disclosure are one: what is shown was read from
//! the journal as it is when the disclosure is written, under a share that is in force then, and nothing leaves
//! before both are on disk.
//!
//! So that the one writer of SQLite is held for a few row look-ups and not for a figure over years, the answer is
//! made beforehand from a snapshot, and the transaction finds share and journal as the snapshot saw them (the
//! journal's revision says so), or it is made again. Denials are written down too. Refuses with 404 what is not in
//! force, whatever the reason, and with 403 `not_shared` what the share does not open.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::try_join;
use serde::Serialize;

use super::ledger::{self, Entry};
use super::scope::{Grounds, detail_word};
use super::share::{ConsentNote, Share};
use super::{Sharing, consent, store};
use crate::auth::{Account, Person, Role, people};
use crate::clock;
use crate::db::Conn;
use crate::db::seal::Keyring;
use crate::db::types::{Day, Id};
use crate::error::{Code, Error, Result};
use crate::http::query::Query;
use crate::http::reply::{self, Bytes};
use crate::journal::Reading;
use crate::journal::routes::derived::Kept;
use crate::journal::routes::readable::{Ask, Asked, Readable, Subject};

/// How often an answer is made again because the journal has moved on.
pub(super) const TRIES: usize = 8;

/// What somebody wants to read.
#[derive(Clone)]
pub struct Wanted {
    /// Makes the question.
    pub ask: Ask,
    /// What it shows.
    pub subject: Subject,
    /// The path below the client.
    pub path: String,
    /// The record's id, if the path has one.
    pub id: String,
    /// The query string.
    pub query: String,
    /// The request's id.
    pub request_id: String,
}

/// What may be shown.
#[derive(Clone)]
pub struct Shown {
    /// JSON.
    pub body: Bytes,
    /// A strong tag of the body itself, which says nothing else.
    pub etag: String,
}

/// What every answer under a share carries beside its own members.
#[derive(Serialize)]
pub struct Cover {
    notice: &'static str,
    consent: ConsentNote,
}

/// What the transaction found.
pub(super) enum Verdict {
    /// Share and journal are as they were; the disclosure is written.
    Recorded,
    /// A journal has moved on, or one share of many is not in force any more; nothing is written.
    Moved,
    /// The one share is not in force any more; the denial is written.
    Ended,
}

/// What a look at a journal came to, and what is written about it.
pub(super) struct Look {
    pub entry: Entry,
    pub revision: i64,
    pub shown: Result<Kept>,
}

impl Sharing {
    /// Reads under a share that the caller has accepted.
    pub async fn read(&self, caller: &Account, share: Id, wanted: &Wanted) -> Result<Shown> {
        for _ in 0..TRIES {
            let look = self
                .db
                .snapshot(async |conn| {
                    let member = store::received_from(conn, caller.id, share).await?;
                    let whose =
                        member.map(|member| (member, share)).ok_or_else(|| unknown(caller, wanted))?;
                    let found = accepted(conn, &self.keyring, caller.id, &[whose]).await?.pop();
                    let (share, person) = found.ok_or_else(|| unknown(caller, wanted))?;
                    self.look(conn, caller.id, &share, &person, wanted).await
                })
                .await?;
            let (shown, revision) = (look.shown, look.revision);
            match self.disclose(caller.id, vec![(look.entry, revision)]).await? {
                Verdict::Moved => {}
                Verdict::Ended => return Err(Error::not_found()),
                Verdict::Recorded => return Ok(Shown::of(shown?.body)),
            }
        }
        Err(Error::later(Code::Overloaded, "the journal changes faster than it can be read", 1))
    }

    /// What is to be shown under a share, or why not.
    pub(super) async fn look(
        &self,
        conn: &Conn<'_>,
        caller: Id,
        share: &Share,
        person: &Person,
        wanted: &Wanted,
    ) -> Result<Look> {
        let revision = crate::journal::store::revision(conn, &person.key).await?;
        let (shown, grounds) = if share.row.is_in_force(clock::now().into()) {
            match share.grants.allow(wanted.subject) {
                None => (Err(Error::of(Code::NotShared)), None),
                Some(grounds) => (self.made(conn, share, person, wanted, revision).await, Some(grounds)),
            }
        } else {
            (Err(Error::not_found()), None)
        };
        let denied = |error: &Error| [Code::NotFound, Code::NotShared].contains(&error.problem().code);
        // What cannot be understood is told at once: it reads nothing.
        let (shown, records) = match shown {
            Err(error) if !denied(&error) => return Err(error),
            Err(error) => (Err(error), None),
            Ok(kept) => (Ok(kept.clone()), Some(kept.records)),
        };
        let entry = wanted.entry(share, caller, grounds.as_ref(), records);
        Ok(Look { entry, revision, shown })
    }

    /// The answer to what is wanted, within the share's scope and with its cover; kept by the journal's revision.
    pub(super) async fn made(
        &self,
        conn: &Conn<'_>,
        share: &Share,
        person: &Person,
        wanted: &Wanted,
        revision: i64,
    ) -> Result<Kept> {
        let scope = share.grants.scope(wanted.subject);
        let reading = Reading::of(person).cut_to(&scope);
        let question = (wanted.ask)(Asked { id: &wanted.id, query: &wanted.query }, &reading)?;
        let tag = format!("{}|{revision}|{}|{}", share.id(), wanted.path, question.key);
        if let Some(kept) = self.derived.get(&tag) {
            return Ok(kept);
        }
        let answered = question.answer(conn, &reading).await?;
        let body = covered(&Cover::of(share)?, &answered.body)?;
        let kept = Kept { body: body.into(), records: answered.records };
        self.derived.keep(tag, kept.clone());
        Ok(kept)
    }

    /// Writes a reader's disclosures of different journals down, if shares and journals are as they were seen.
    pub(super) async fn disclose(&self, reader: Id, seen: Vec<(Entry, i64)>) -> Result<Verdict> {
        let keyring = self.keyring.clone();
        self.db
            .write_in_turn(reader, async move |conn| {
                let members: Vec<Id> = seen.iter().map(|(entry, _)| entry.member).collect();
                let heads = ledger::store::take(conn, &members).await?;
                let whose: Vec<(Id, Id)> =
                    seen.iter().map(|(entry, _)| (entry.member, entry.share)).collect();
                let (rows, revisions) =
                    try_join!(store::several(conn, &whose), store::revisions(conn, &members))?;
                let now = clock::now().into();
                let in_force = |entry: &Entry| {
                    let of = |row: &&store::ShareRow| {
                        row.share_id == entry.share && row.account_id == entry.member
                    };
                    rows.iter().find(of).is_some_and(|row| row.is_in_force(now))
                };
                let mut verdict = Verdict::Recorded;
                let mut entries = Vec::with_capacity(seen.len());
                for (entry, revision) in &seen {
                    let mut entry = Entry { at: now, ..entry.clone() };
                    if entry.allowed && !in_force(&entry) {
                        if seen.len() > 1 {
                            return Ok(Verdict::Moved);
                        }
                        (entry.allowed, entry.records) = (false, 0);
                        verdict = Verdict::Ended;
                    } else if entry.allowed && revisions.get(&entry.member) != Some(revision) {
                        return Ok(Verdict::Moved);
                    }
                    let head = heads.get(&entry.member).copied();
                    let told = match head {
                        Some(head) if !entry.allowed => ledger::store::tells(conn, head, &entry).await?,
                        _ => false,
                    };
                    if !told {
                        entries.push(entry);
                    }
                }
                ledger::store::add(conn, keyring.disclosures(), heads, &entries).await?;
                Ok(verdict)
            })
            .await
    }
}

impl Cover {
    /// The cover of a share.
    pub fn of(share: &Share) -> Result<Self> {
        Ok(Self { notice: &consent::texts()?.notice, consent: share.note() })
    }
}

impl Shown {
    /// A body with its tag.
    #[must_use]
    pub fn of(body: Bytes) -> Self {
        let etag = format!("\"{}\"", reply::fingerprint(&body));
        Self { body, etag }
    }
}

impl Wanted {
    /// A list or a figure, by what declares it; none if it cannot be shared.
    #[must_use]
    pub fn of(readable: &Readable, query: String, request_id: String) -> Option<Self> {
        Some(Self {
            ask: Arc::clone(&readable.ask),
            subject: readable.subject?,
            path: readable.route.path.strip_prefix("/v1/")?.to_owned(),
            id: String::new(),
            query,
            request_id,
        })
    }

    /// What is written down about a read: what was shown, or else what was asked for in vain.
    fn entry(&self, share: &Share, caller: Id, grounds: Option<&Grounds>, records: Option<usize>) -> Entry {
        let allowed = records.is_some();
        let (name, least) = match self.subject {
            Subject::Rows(collection) => (collection.name, "entries"),
            Subject::Figures { scope, .. } => (scope, "summary"),
        };
        let (from, to) = asked_dates(&self.query);
        let span = grounds.map(|grounds| grounds.span).unwrap_or_default();
        Entry {
            member: share.row.account_id,
            at: clock::now().into(),
            share: share.id(),
            recipient: caller,
            collection: grounds
                .as_ref()
                .map_or_else(|| name.to_owned(), |grounds| grounds.collection.clone()),
            path: self.path.clone(),
            detail: grounds.map_or(least, |grounds| detail_word(grounds.detail)),
            from: span.from.max(from).map(Day),
            to: [span.to, to].into_iter().flatten().min().map(Day),
            records: records.map_or(0, |records| i64::try_from(records).unwrap_or(i64::MAX)),
            allowed,
            request_id: self.request_id.clone(),
        }
    }
}

/// `from` and `to` of a query, where they can be read.
fn asked_dates(query: &str) -> (Option<chrono::NaiveDate>, Option<chrono::NaiveDate>) {
    Query::parse(query).map_or((None, None), |mut query| (query.date("from"), query.date("to")))
}

/// The refusal of somebody who holds no such share. Milestones are for any account; the rest is for counselors.
fn unknown(caller: &Account, wanted: &Wanted) -> Error {
    let for_anybody =
        matches!(wanted.subject, Subject::Figures { scope, .. } if scope == super::scope::MILESTONES);
    if for_anybody || caller.role == Role::Counselor {
        Error::not_found()
    } else {
        Error::new(Code::WrongRole, "only a counselor has clients")
    }
}

/// An object with the members of a cover before its own.
pub(super) fn covered(cover: &Cover, body: &[u8]) -> Result<Vec<u8>> {
    let mut out = serde_json::to_vec(cover).map_err(Error::internal)?;
    let members = body.strip_prefix(b"{").ok_or_else(|| Error::internal("an answer that is no object"))?;
    out.pop();
    if members != b"}" {
        out.push(b',');
    }
    out.extend_from_slice(members);
    Ok(out)
}

/// Some shares that an account has accepted, opened, with the people whose they are.
pub(super) async fn accepted(
    conn: &Conn<'_>,
    keyring: &Keyring,
    recipient: Id,
    whose: &[(Id, Id)],
) -> Result<Vec<(Share, Arc<Person>)>> {
    let mut found = opened(conn, keyring, whose).await?;
    found.retain(|(share, _)| share.row.recipient_id == Some(recipient));
    Ok(found)
}

/// Some shares, opened, with the people whose they are.
pub(super) async fn opened(
    conn: &Conn<'_>,
    keyring: &Keyring,
    whose: &[(Id, Id)],
) -> Result<Vec<(Share, Arc<Person>)>> {
    if whose.is_empty() {
        return Ok(Vec::new());
    }
    let mut members: Vec<Id> = whose.iter().map(|(member, _)| *member).collect();
    members.sort_unstable();
    members.dedup();
    let (found, rows) = try_join!(people(conn, keyring, &members), store::several(conn, whose))?;
    let found: HashMap<Id, Arc<Person>> =
        found.into_iter().map(|person| (person.id, Arc::new(person))).collect();
    rows.into_iter()
        .filter_map(|row| {
            let person = Arc::clone(found.get(&row.account_id)?);
            Some(Share::open(row, &person.key).map(|share| (share, person)))
        })
        .collect()
}

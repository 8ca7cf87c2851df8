//! The report: a few calm pages that a person brings to a doctor, as a PDF that can also be listened to.
//!
//! | file | what it does |
//! |---|---|
//! | `content` | what it says, as blocks: data first |
//! | `draw` | blocks on pages, and the PDF of them |
//! | `routes` | the member's own, and the one under a share |
//! | `fonts` | what is embedded; its licence beside it |
//!
//! What it says are the API's own answers: the owner's to the owner, and under a share what a visit finds there,
//! each of them a disclosure. It refuses to work anything out by itself.

mod content;
mod draw;
pub mod routes;

use std::ops::Deref;

use chrono::NaiveDate;

use self::content::{Head, Reader};
use crate::auth::{self, Account};
use crate::db::{Conn, Db};
use crate::domain::day::add_days;
use crate::domain::period::Period;
use crate::error::{Error, Result};
use crate::http::query::Query;
use crate::insights::range::DATES_MAX;
use crate::journal::{Reading, today};
use crate::sharing::consent;
use crate::sharing::visit::{Answers, Question, Visit};

/// Dates of a report when nothing is said: a quarter, from one visit to the next.
const DATES: i64 = 90;
/// Figures over the dates.
const FIGURES: [&str; 6] = [
    "insights/triggers",
    "insights/skills",
    "insights/adherence",
    "insights/care-plan",
    "insights/meetings",
    "insights/withdrawal",
];
/// Lists that no date cuts.
const LISTS: [&str; 2] = ["medications", "care-episodes"];

/// The dates of a report.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    period: Period,
    as_of: NaiveDate,
}

impl Dates {
    /// Reads `from`, `to` and `as_of`.
    pub fn of(query: &str, today: NaiveDate) -> Result<Self> {
        let mut query = Query::parse(query)?;
        let as_of = query.date("as_of").unwrap_or(today);
        let (from, to) = (query.date("from"), query.date("to"));
        let to = to.unwrap_or(as_of).min(as_of);
        let period = Period::new(from.unwrap_or_else(|| add_days(to, 1 - DATES)), to);
        if period.is_none() {
            query.mistake("from", "after_to", "must not be after to (which is cut at today)");
        } else if period.is_some_and(|period| period.days() > DATES_MAX) {
            query.mistake("from", "too_far", "must be less than fifty years before to");
        }
        today::finish(query)?;
        Ok(Self { period: period.unwrap_or_else(|| Period::ending(as_of, 1)), as_of })
    }

    /// What the report asks.
    fn questions(self) -> Vec<Question> {
        let Self { period, as_of } = self;
        let dates = format!("from={}&to={}", period.from(), period.to());
        let bucket = content::bucket(period);
        let mut all = vec![
            Question { path: "streaks", query: format!("as_of={as_of}") },
            Question { path: "trends", query: format!("{dates}&as_of={as_of}&bucket={bucket}") },
            Question { path: "assessments", query: format!("{dates}&limit=200") },
        ];
        all.extend(FIGURES.map(|path| Question { path, query: format!("{dates}&as_of={as_of}") }));
        all.extend(LISTS.map(|path| Question { path, query: "limit=200".to_owned() }));
        all
    }

    /// What the file is called.
    pub fn file_name(self) -> String {
        format!("recovery-journal-report-{}-to-{}.pdf", self.period.from(), self.period.to())
    }
}

/// The report of an account's own journal. `place` is kept for as long as somebody works on it, also when nobody
/// waits for it any more.
pub async fn of_own(
    db: &Db,
    account: impl Deref<Target = Account> + Send + 'static,
    dates: Dates,
    place: impl Send + 'static,
) -> Result<Vec<u8>> {
    let read = async move |db: &Db| {
        let read = async |conn: &Conn<'_>| {
            let name = auth::profile(conn, &account).await?.display_name;
            Ok((name, Answers::of_own(conn, &Reading::own(&account), dates.questions()).await?))
        };
        Ok((db.snapshot(read).await?, place))
    };
    let ((name, answers), place) = db.apart(read).await?;
    made(Head { name, period: dates.period, as_of: dates.as_of, reader: None }, answers, place).await
}

/// The report of what a visit found.
pub async fn of_visit(visit: Visit, dates: Dates, place: impl Send + 'static) -> Result<Vec<u8>> {
    let Visit { share, name, answers, .. } = visit;
    let recipient = share.words.recipient_name.unwrap_or(share.words.email);
    let reader = Reader {
        name: share.words.organization.map_or_else(|| recipient.clone(), |at| format!("{recipient}, {at}")),
        purpose: share.words.purpose,
        ends_on: share.row.expires_at.utc().date_naive(),
        notice: &consent::texts()?.notice,
        grants: share.grants,
    };
    let head = Head { name: Some(name), period: dates.period, as_of: dates.as_of, reader: Some(reader) };
    made(head, answers, place).await
}

/// Makes the file, away from the threads that answer requests.
async fn made(head: Head, answers: Answers, place: impl Send + 'static) -> Result<Vec<u8>> {
    let make = move || {
        let _place = place;
        let title = format!("Recovery journal report, {}", head.dates());
        let foot = head.name.as_ref().map_or_else(|| title.clone(), |name| format!("{name}: {title}"));
        let blocks = content::blocks(&head, &answers)?;
        draw::pdf(&draw::About { title, date: head.as_of, foot }, &blocks)
    };
    let made = tokio::task::spawn_blocking(make).await;
    made.unwrap_or_else(|_| Err(Error::internal("a report panicked")))
}

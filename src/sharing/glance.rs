//! What a caseload tells of each client, worked out for many at once: each question is one query, however many
//! clients there are, and each journal answers as far as its share goes.

use std::collections::HashMap;

use chrono::{Datelike as _, NaiveDate};
use futures_util::future::try_join_all;
use futures_util::try_join;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::flags::{self, ASSESSMENT_WINDOW, Facts, Flag, SESSION_WINDOW, WINDOW};
use super::scope::Grants;
use crate::auth::Person;
use crate::db::Conn;
use crate::db::types::Id;
use crate::domain::clocks::{Clock, ResetPolicy};
use crate::domain::day::add_days;
use crate::domain::day_states::Reports;
use crate::domain::lapses::Lapse;
use crate::error::{Error, Result};
use crate::fields::Value;
use crate::insights::trends::day_values;
use crate::journal::each::Each;
use crate::journal::each::store::{Rows, newest, select};
use crate::journal::reading::{Scope, Span};
use crate::journal::{COLLECTIONS, Collection, Reading};

/// Whose journal, how much of it, seen from which day.
pub struct Subject<'a> {
    /// What is shared.
    pub grants: &'a Grants,
    /// Whose it is.
    pub person: &'a Person,
    /// Their today.
    pub today: NaiveDate,
}

/// The first clock that is not put away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CaseloadClock {
    /// What it is about.
    #[schema(example = "opioids")]
    pub substance: String,
    /// Days of the running span.
    pub current_days: u32,
    /// `running` or `open_lapse`.
    #[schema(example = "running")]
    pub status: String,
}

/// What is worked out of a client's journal; kept by its revision.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Glance {
    /// The newest date with a record.
    pub last_entry_on: Option<NaiveDate>,
    /// The first clock that is not put away.
    pub clock: Option<CaseloadClock>,
    /// Mean moods, the oldest date first.
    pub mood_14: Vec<Option<f64>>,
    /// Strongest cravings, the oldest date first.
    pub craving_14: Vec<Option<i64>>,
    /// Meetings of the running ISO week.
    pub meetings_this_week: Option<usize>,
    /// Flags of the journal; that of the share's end is not among them.
    pub flags: Vec<Flag>,
}

/// The journals with what is open of them, for the last so many dates or for all.
fn journals<'a>(subjects: &[Subject<'a>], scopes: &'a [Scope], back: Option<i64>) -> Vec<Each<'a>> {
    let one = |(subject, scope): (&Subject<'a>, &'a Scope)| Each {
        reading: Reading::of(subject.person).cut_to(scope),
        dates: Span { from: back.map(|days| add_days(subject.today, 1 - days)), to: Some(subject.today) },
    };
    subjects.iter().zip(scopes).map(one).collect()
}

/// Some fields of a collection, by client.
async fn ask(conn: &Conn<'_>, each: &[Each<'_>], name: &str, fields: &[&str]) -> Result<Vec<Rows>> {
    let collection =
        Collection::named(name).ok_or_else(|| Error::internal(format!("no collection {name}")))?;
    select(conn, each, collection, fields).await
}

/// The questions, each asked once for all clients.
pub async fn glances(conn: &Conn<'_>, subjects: &[Subject<'_>]) -> Result<Vec<Glance>> {
    let named: Vec<Scope> = subjects.iter().map(|subject| subject.grants.named()).collect();
    let recent = journals(subjects, &named, Some(WINDOW));
    let weeks = journals(subjects, &named, Some(SESSION_WINDOW));
    let months = journals(subjects, &named, Some(ASSESSMENT_WINDOW));
    let ever = journals(subjects, &named, None);
    let dated = COLLECTIONS.iter().filter(|collection| collection.dated_by.is_some());
    let (check_ins, cravings, meetings, doses, sessions, answers, lapses, newest, clocks) = try_join!(
        ask(conn, &recent, "check_ins", &["local_date", "mood", "craving"]),
        ask(conn, &recent, "cravings", &["local_date", "intensity"]),
        ask(conn, &recent, "meetings", &["local_date"]),
        ask(conn, &recent, "doses", &["local_date", "status"]),
        ask(conn, &weeks, "sessions", &["local_date", "status"]),
        ask(conn, &months, "assessments", &["occurred_at", "local_date", "instrument", "answers"]),
        ask(conn, &ever, "lapses", &["used_on", "resumed_on"]),
        try_join_all(dated.map(|collection| newest(conn, &ever, collection))),
        clocks(conn, subjects),
    )?;
    let mut last: Vec<Option<NaiveDate>> = vec![None; subjects.len()];
    for newest in newest {
        for (last, newest) in last.iter_mut().zip(newest) {
            *last = newest.max(*last);
        }
    }
    let (mut check_ins, mut cravings, mut meetings) =
        (check_ins.into_iter(), cravings.into_iter(), meetings.into_iter());
    let (mut doses, mut sessions, mut answers) =
        (doses.into_iter(), sessions.into_iter(), answers.into_iter());
    let (mut lapses, mut clocks, mut last) = (lapses.into_iter(), clocks.into_iter(), last.into_iter());
    let glance = |subject: &Subject<'_>| {
        let today = subject.today;
        let check_ins = check_ins.next().unwrap_or_default();
        let cravings = numbers(&cravings.next().unwrap_or_default(), 1);
        let meetings = dates(&meetings.next().unwrap_or_default(), |_| true);
        let facts = Facts {
            lapses: lapses.next().unwrap_or_default().iter().filter_map(|values| lapse(values)).collect(),
            missed_doses: dates(&doses.next().unwrap_or_default(), is_missed),
            missed_sessions: dates(&sessions.next().unwrap_or_default(), is_missed),
            phq9: newest_phq9(&answers.next().unwrap_or_default()),
            last_entry_on: last.next().flatten(),
            cravings,
        };
        let window = || (0..WINDOW).rev().map(|back| add_days(today, -back));
        let moods = day_values(&check_ins, 1);
        let rated: Vec<(NaiveDate, i64)> = [numbers(&check_ins, 2), facts.cravings.clone()].concat();
        let strongest =
            |date: NaiveDate| rated.iter().filter(|(on, _)| *on == date).map(|(_, value)| *value).max();
        let monday = add_days(today, -i64::from(today.weekday().num_days_from_monday()));
        let of_week = meetings.iter().filter(|on| **on >= monday).count();
        Glance {
            last_entry_on: facts.last_entry_on,
            clock: clocks.next().flatten(),
            mood_14: window().map(|date| moods.on(date).map(|mood| mood.round(2))).collect(),
            craving_14: window().map(strongest).collect(),
            meetings_this_week: subject.grants.of("meetings").map(|_| of_week),
            flags: flags::flags(&facts, today),
        }
    };
    Ok(subjects.iter().map(glance).collect())
}

/// The first clock of each client that shares streaks.
async fn clocks(conn: &Conn<'_>, subjects: &[Subject<'_>]) -> Result<Vec<Option<CaseloadClock>>> {
    let scopes: Vec<Scope> = subjects.iter().map(|subject| subject.grants.streaks()).collect();
    let each = journals(subjects, &scopes, None);
    let fields = ["substance", "started_on", "reset_policy", "archived"];
    let clocks = Collection::named("clocks").ok_or_else(|| Error::internal("no clocks"))?;
    let (clocks, lapses) = try_join!(
        crate::journal::each::store::select_with_ids(conn, &each, clocks, &fields),
        ask(conn, &each, "lapses", &["used_on", "resumed_on", "clock_id"]),
    )?;
    let mut lapses = lapses.into_iter();
    let first = |(subject, clocks): (&Subject<'_>, _)| {
        first_clock(subject.today, clocks, &lapses.next().unwrap_or_default())
    };
    Ok(subjects.iter().zip(clocks).map(first).collect())
}

/// The clock that was made first and is not put away.
fn first_clock(
    today: NaiveDate,
    mut clocks: Vec<(Id, Vec<Value>)>,
    lapses: &[Vec<Value>],
) -> Option<CaseloadClock> {
    clocks.sort_by_key(|(id, _)| *id);
    let mut by_clock: HashMap<Id, Vec<Lapse>> = HashMap::new();
    for values in lapses {
        if let (Some(lapse), Some(clock)) = (lapse(values), values.get(2).and_then(Value::id)) {
            by_clock.entry(clock).or_default().push(lapse);
        }
    }
    let (id, values) = clocks.iter().find(|(_, values)| values.get(3).and_then(Value::bool) != Some(true))?;
    let [Value::Text(substance), Value::Date(started_on), Value::Text(policy), _] = values.as_slice() else {
        return None;
    };
    let clock = Clock {
        started_on: *started_on,
        reset_policy: if policy == "keep_and_count" { ResetPolicy::KeepAndCount } else { ResetPolicy::Reset },
        lapses: by_clock.get(id).map(Vec::as_slice).unwrap_or_default(),
        daily_cost: None,
    };
    let figures = clock.figures(&Reports::new([], [], today), today);
    let (current_days, status) = (figures.current_days, figures.status.as_str().to_owned());
    Some(CaseloadClock { substance: substance.clone(), current_days, status })
}

/// Dates and numbers of a column.
fn numbers(rows: &Rows, column: usize) -> Vec<(NaiveDate, i64)> {
    rows.iter().filter_map(|values| Some((values.first()?.date()?, values.get(column)?.int()?))).collect()
}

/// The dates of rows that count.
fn dates(rows: &Rows, counts: impl Fn(&[Value]) -> bool) -> Vec<NaiveDate> {
    rows.iter().filter(|values| counts(values)).filter_map(|values| values.first()?.date()).collect()
}

fn is_missed(values: &[Value]) -> bool {
    values.get(1).and_then(Value::text) == Some("missed")
}

fn lapse(values: &[Value]) -> Option<Lapse> {
    let [Value::Date(used_on), resumed_on, ..] = values else { return None };
    Some(Lapse { used_on: *used_on, resumed_on: resumed_on.date() })
}

/// Date and ninth answer of the newest PHQ-9.
fn newest_phq9(rows: &Rows) -> Option<(NaiveDate, i64)> {
    let answers = rows.iter().filter_map(|values| match values.as_slice() {
        [Value::Moment(at), Value::Date(on), Value::Text(instrument), Value::Ints(answers)] => {
            (instrument == "phq9").then(|| Some(((*on, at), (*on, *answers.get(8)?)))).flatten()
        }
        _ => None,
    });
    answers.max_by_key(|(order, _)| *order).map(|(_, answer)| answer)
}

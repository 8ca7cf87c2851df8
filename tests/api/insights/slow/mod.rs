//! The figures once more, slowly: date by date over plain lists of JSON records, straight from the words of the
//! design, sharing nothing with the server. It is wrong rather than clever where the design is silent, so that
//! a difference is looked at.

mod care;
mod clocks;
mod exact;
mod factors;
mod insights;
mod streaks;
mod trends;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

pub use trends::range;

use exact::Exact;

/// Everything one member wrote: the records of each collection, as they were sent, with their ids.
#[derive(Default, Clone)]
pub struct Journal(pub BTreeMap<&'static str, Vec<Json>>);

/// The figures of a journal on a day.
pub struct Slow<'a> {
    journal: &'a Journal,
    catalogue: &'a Json,
    today: NaiveDate,
    /// By collection and date: nothing but the same records, found sooner.
    days: BTreeMap<&'static str, BTreeMap<NaiveDate, Vec<&'a Json>>>,
}

/// The collections whose records belong to a date, and the field that says it.
pub const DATED: [(&str, &str); 8] = [
    ("check_ins", "local_date"),
    ("cravings", "local_date"),
    ("meetings", "local_date"),
    ("lapses", "used_on"),
    ("sessions", "local_date"),
    ("doses", "local_date"),
    ("withdrawal_logs", "local_date"),
    ("assessments", "local_date"),
];

/// A range of dates, both included.
pub type Range = (NaiveDate, NaiveDate);

impl Journal {
    /// The records of a collection.
    pub fn of(&self, collection: &str) -> &[Json] {
        self.0.get(collection).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Slow<'a> {
    /// The journal on the day that counts as today. Its records that happen at a moment have their
    /// `local_date`; `catalogue` is the answer of `/v1/catalogue`, for the names of what is built in.
    pub fn new(journal: &'a Journal, catalogue: &'a Json, today: NaiveDate) -> Self {
        let mut days: BTreeMap<_, BTreeMap<_, Vec<_>>> = BTreeMap::new();
        for (collection, dated_by) in DATED {
            for record in journal.of(collection) {
                let day = date(&record[dated_by]);
                days.entry(collection).or_default().entry(day).or_default().push(record);
            }
        }
        Self { journal, catalogue, today, days }
    }

    /// The records of a collection that are dated in the range, and not after today.
    fn between(&self, collection: &str, (from, to): Range) -> Vec<&'a Json> {
        let Some(days) = self.days.get(collection) else { return Vec::new() };
        let inside = days.iter().filter(|(day, _)| from <= **day && **day <= to && **day <= self.today);
        inside.flat_map(|(_, records)| records.iter().copied()).collect()
    }

    /// The dates up to today on which a collection has a record.
    fn dates(&self, collection: &str) -> BTreeSet<NaiveDate> {
        let days = self.days.get(collection).into_iter().flatten();
        days.map(|(day, _)| *day).filter(|day| *day <= self.today).collect()
    }

    /// A day's value of a rating: the mean of that day's check-ins that have it.
    fn rating(&self, name: &str, day: NaiveDate) -> Option<Exact> {
        let check_ins = self.between("check_ins", (day, day));
        mean(&check_ins.into_iter().filter_map(|check_in| number(&check_in[name])).collect::<Vec<_>>())
    }

    /// A rating's days with their values.
    fn ratings(&self, name: &str, range: Range) -> Vec<(NaiveDate, Exact)> {
        days(range).filter_map(|day| Some((day, self.rating(name, day)?))).collect()
    }
}

/// Today at a moment, in a zone, for somebody whose day starts at this hour of the wall clock.
pub fn civil_date(moment: DateTime<Utc>, zone: Tz, day_starts_at: NaiveTime) -> NaiveDate {
    let wall = moment.with_timezone(&zone).naive_local();
    if wall.time() < day_starts_at { wall.date() - Days::new(1) } else { wall.date() }
}

/// A date of a record or an answer.
#[track_caller]
pub fn date(value: &Json) -> NaiveDate {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("not a date: {value}"))
}

/// Every date of a range, in order.
pub fn days((from, to): Range) -> impl Iterator<Item = NaiveDate> {
    from.iter_days().take_while(move |day| *day <= to)
}

/// A number of a record; quarters are exact.
fn number(value: &Json) -> Option<Exact> {
    value.as_f64().map(|value| {
        let quarters = value * 4.0;
        assert!(quarters.fract() == 0.0, "{value} is not in quarters");
        #[expect(clippy::cast_possible_truncation, reason = "ratings are small")]
        Exact::new(quarters as i128, 4)
    })
}

/// The mean, if there is anything.
fn mean(values: &[Exact]) -> Option<Exact> {
    let sum = values.iter().fold(Exact::whole(0), |sum, value| sum.plus(*value));
    (!values.is_empty()).then(|| sum.over(Exact::whole(values.len())))
}

/// The median, if there is anything: the middle, or the mean of the two middle ones.
fn median(mut values: Vec<Exact>) -> Option<Exact> {
    values.sort();
    let half = values.len() / 2;
    if values.len() % 2 == 1 { Some(values[half]) } else { mean(values.get(half.checked_sub(1)?..=half)?) }
}

/// A share in percent, to one decimal; null of nothing.
fn percent(part: usize, whole: usize) -> Json {
    if whole == 0 {
        return Json::Null;
    }
    Exact::whole(100 * part).over(Exact::whole(whole)).rounded(1)
}

/// Two decimals, or null.
fn two(value: Option<Exact>) -> Json {
    value.map_or(Json::Null, |value| value.rounded(2))
}

/// A figure that rests on too little.
fn needs_more(have: usize, need: usize) -> Json {
    json!({"status": "needs_more", "have": have, "need": need})
}

/// A figure, if it rests on enough.
fn figure(have: usize, need: usize, values: impl FnOnce() -> Json) -> Json {
    if have < need {
        return needs_more(have, need);
    }
    let mut values = values();
    values["status"] = json!("ok");
    values
}

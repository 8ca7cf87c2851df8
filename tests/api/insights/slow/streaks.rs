//! Streaks of check-ins and meetings, and the answers that hold them.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Days, NaiveDate};
use serde_json::{Value as Json, json};

use super::{DATED, Range, Slow, date, days, mean, number, two};

impl Slow<'_> {
    /// `/v1/streaks`
    pub fn streaks(&self, zone: &str) -> Json {
        let clocks: Vec<Json> = self.journal.of("clocks").iter().map(|clock| self.clock(clock)).collect();
        json!({"as_of": self.today.to_string(), "time_zone": zone, "clocks": clocks,
            "check_ins": self.check_in_streak(), "meetings": self.meeting_streak()})
    }

    fn check_in_streak(&self) -> Json {
        let dates = self.dates("check_ins");
        json!({"current": running(&dates, self.today, 1), "longest": longest(&dates, 1), "total_days": dates.len(),
            "last_date": dates.last().map(ToString::to_string)})
    }

    fn meeting_streak(&self) -> Json {
        let weeks: BTreeSet<NaiveDate> = self.dates("meetings").into_iter().map(monday).collect();
        let attended = |from| self.between("meetings", (from, self.today)).len();
        let back = |dates: u64| self.today - Days::new(dates - 1);
        let began = self.ninety_began().unwrap_or(back(90));
        let in_ninety = self.between("meetings", (began, began + Days::new(89))).len();
        let total = attended(NaiveDate::MIN);
        let mut marks = [1, 5, 10, 25, 50, 90].into_iter().chain((1..).map(|hundreds| hundreds * 100));
        let next = marks.find(|mark| *mark > total).expect("a next hundred");
        json!({
            "current_weeks": running(&weeks, monday(self.today), 7), "longest_weeks": longest(&weeks, 7),
            "last_7_days": attended(back(7)), "last_30_days": attended(back(30)),
            "last_90_days": attended(back(90)), "total": total,
            "ninety_in_ninety": {"started_on": began.to_string(), "attended": in_ninety, "of": 90},
            "next_milestone": {"code": format!("meetings_{next}"), "left": next - total},
        })
    }

    /// `/v1/days`
    pub fn calendar(&self, range: Range) -> Json {
        let day = |day: NaiveDate| {
            let cravings = self.between("cravings", (day, day));
            json!({
                "date": day.to_string(),
                "checked_in": self.dates("check_ins").contains(&day),
                "mood": two(self.rating("mood", day)),
                "craving_count": cravings.len(),
                "max_intensity": cravings.iter().filter_map(|craving| craving["intensity"].as_u64()).max(),
                "meeting_count": self.between("meetings", (day, day)).len(),
                "clocks": self.states(day),
            })
        };
        json!({"days": days(range).map(day).collect::<Vec<_>>()})
    }

    /// The state of each clock that has started by a date.
    fn states(&self, day: NaiveDate) -> Vec<Json> {
        let clocks = self.journal.of("clocks").iter();
        let started = clocks.filter(|clock| date(&clock["started_on"]) <= day);
        let state = |clock| self.state(&self.lapses(clock), day);
        started.map(|clock| json!({"clock_id": clock["id"], "state": state(clock)})).collect()
    }

    /// `/v1/days/{date}`, records by their ids in order.
    pub fn day(&self, day: NaiveDate) -> Json {
        let ids = |collection| {
            let records = self.between(collection, (day, day)).into_iter();
            records.filter_map(|record| record["id"].as_str()).collect::<BTreeSet<_>>()
        };
        let mut answer = json!({"date": day.to_string(), "clocks": self.states(day)});
        for (collection, _) in DATED {
            answer[collection] = json!(ids(collection));
        }
        answer
    }

    /// The seven dates of `/v1/summary`.
    pub fn last_7_days(&self) -> Json {
        let week = (self.today - Days::new(6), self.today);
        let moods: Vec<_> = self.ratings("mood", week).into_iter().map(|(_, mood)| mood).collect();
        let cravings = self.between("cravings", week);
        let intensities: Vec<_> =
            cravings.iter().filter_map(|craving| number(&craving["intensity"])).collect();
        json!({"mood": {"n": moods.len(), "mean": two(mean(&moods))},
            "cravings": {"n": cravings.len(), "mean_intensity": two(mean(&intensities))},
            "meetings": self.between("meetings", week).len()})
    }
}

/// The Monday of a date's ISO week.
pub fn monday(day: NaiveDate) -> NaiveDate {
    day - Days::new(day.weekday().num_days_from_monday().into())
}

/// How many steps the chain that ends at `today` has; today itself is still open.
fn running(dates: &BTreeSet<NaiveDate>, today: NaiveDate, step: u64) -> usize {
    let end = if dates.contains(&today) { today } else { today - Days::new(step) };
    chain(dates, end, step)
}

/// How many dates, each a step before the other, end at this one.
fn chain(dates: &BTreeSet<NaiveDate>, end: NaiveDate, step: u64) -> usize {
    let back = std::iter::successors(Some(end), |day| Some(*day - Days::new(step)));
    back.take_while(|day| dates.contains(day)).count()
}

fn longest(dates: &BTreeSet<NaiveDate>, step: u64) -> usize {
    dates.iter().map(|end| chain(dates, *end, step)).max().unwrap_or(0)
}

//! Sobriety clocks: day states, spans, milestones, money, percent days abstinent.

use chrono::{Datelike as _, Days, NaiveDate};
use serde_json::{Value as Json, json};

use super::{Slow, date, days, figure, percent};

/// When it was used, and from when on not any more.
type Lapse = (NaiveDate, Option<NaiveDate>);

impl Slow<'_> {
    /// A clock's state on a date from its start on.
    pub fn state(&self, lapses: &[Lapse], day: NaiveDate) -> &'static str {
        let covers = |(used, resumed): &Lapse| {
            *used == day || (*used < day && resumed.is_none_or(|resumed| day < resumed))
        };
        let check_ins = self.between("check_ins", (day, day));
        let said = |free: bool| check_ins.iter().any(|check_in| check_in["substance_free"] == free);
        if lapses.iter().any(covers) || said(false) {
            "used"
        } else if said(true) {
            "free"
        } else if self.is_controlled(day) {
            "controlled_environment"
        } else {
            "unknown"
        }
    }

    /// The lapses that count: used from the start to today. A `resumed_on` after today is not yet.
    pub fn lapses(&self, clock: &Json) -> Vec<Lapse> {
        let counts = self.between("lapses", (date(&clock["started_on"]), self.today));
        let mine = counts.into_iter().filter(|lapse| lapse["clock_id"] == clock["id"]);
        let resumed = |lapse: &Json| Some(&lapse["resumed_on"]).filter(|on| !on.is_null()).map(date);
        mine.map(|lapse| (date(&lapse["used_on"]), resumed(lapse).filter(|on| *on <= self.today))).collect()
    }

    /// All figures of a clock.
    pub fn clock(&self, clock: &Json) -> Json {
        let (today, start) = (self.today, date(&clock["started_on"]));
        let between = |from: NaiveDate, to: NaiveDate| (to - from).num_days().max(0);
        let lapses = self.lapses(clock);
        let open = lapses.iter().any(|(_, resumed)| resumed.is_none());
        let keeps = clock["reset_policy"] == "keep_and_count";

        let journey = between(start, today);
        let yesterday = today - Days::new(1);
        let used = days((start, yesterday)).filter(|day| self.state(&lapses, *day) == "used").count();
        let free = journey - i64::try_from(used).unwrap();

        let newest = lapses.iter().filter_map(|(_, resumed)| *resumed).max();
        let since = if keeps { start } else { newest.unwrap_or(start) };
        let current = match (keeps, open) {
            (true, _) => free,
            (false, true) => 0,
            (false, false) => between(since, today),
        };
        let longest = if keeps { free } else { longest(start, today, lapses.clone()) };
        let (last, next) = if open && !keeps { (Json::Null, Json::Null) } else { milestones(since, today) };
        json!({
            "clock_id": clock["id"], "substance": clock["substance"], "label": clock["label"],
            "archived": clock["archived"] == true,
            "status": if open { "open_lapse" } else { "running" },
            "since": since.to_string(), "current_days": current, "day_number": current + 1,
            "longest_days": longest, "journey_days": journey, "substance_free_days": free,
            "lapse_count": lapses.len(), "last_milestone": last, "next_milestone": next,
            "pda_30": self.abstinent(clock, 30, 7), "pda_90": self.abstinent(clock, 90, 21),
            "money_kept": money(clock, free),
        })
    }

    /// Percent days abstinent over the dates ending today.
    fn abstinent(&self, clock: &Json, dates: u64, need: usize) -> Json {
        let from = date(&clock["started_on"]).max(self.today - Days::new(dates - 1));
        let lapses = self.lapses(clock);
        let states: Vec<&str> = days((from, self.today)).map(|day| self.state(&lapses, day)).collect();
        let count = |wanted| states.iter().filter(|state| **state == wanted).count();
        let (free, known) = (count("free"), count("free") + count("used"));
        figure(known, need, || json!({"value": percent(free, known), "known_days": known}))
    }
}

/// The longest span in days, from the start or a resumption to the next use, or to today.
fn longest(start: NaiveDate, today: NaiveDate, mut lapses: Vec<Lapse>) -> i64 {
    lapses.sort();
    let mut longest = 0;
    // The span that is running while we walk through the lapses; none after an open one.
    let mut since = Some(start);
    for (used, resumed) in lapses {
        let Some(from) = since else { break };
        longest = longest.max((used - from).num_days());
        // A lapse inside another one does not end it sooner.
        since = resumed.map(|resumed| resumed.max(from));
    }
    let running = since.map_or(0, |from| (today - from).num_days());
    longest.max(running)
}

/// The newest milestone reached and the next one.
fn milestones(since: NaiveDate, today: NaiveDate) -> (Json, Json) {
    let mut all = vec![("hours_24".to_owned(), since + Days::new(1))];
    all.extend([7, 30, 60, 90].map(|count| (format!("days_{count}"), since + Days::new(count))));
    all.extend([6, 9, 18].map(|count| (format!("months_{count}"), months_later(since, count))));
    all.extend((1..=200).map(|count| (format!("years_{count}"), months_later(since, 12 * count))));
    let last = all.iter().filter(|(_, on)| *on <= today).max_by_key(|(_, on)| *on);
    let next = all.iter().filter(|(_, on)| *on > today).min_by_key(|(_, on)| *on).expect("a next year");
    (
        last.map_or(Json::Null, |(code, on)| json!({"code": code, "reached_on": on.to_string()})),
        json!({"code": next.0, "on": next.1.to_string(), "days_left": (next.1 - today).num_days()}),
    )
}

/// The same day of a later month, or that month's last.
fn months_later(from: NaiveDate, months: i32) -> NaiveDate {
    let month = from.month0().cast_signed() + months;
    let (year, month) = (from.year() + month / 12, (month % 12).cast_unsigned() + 1);
    let clamped = (1..=from.day()).rev().find_map(|day| NaiveDate::from_ymd_opt(year, month, day));
    clamped.expect("a month has days")
}

/// Daily cost × days, with the decimals of the daily cost.
fn money(clock: &Json, days: i64) -> Json {
    let Some(cost) = clock["daily_cost"].as_str() else { return Json::Null };
    let decimals = cost.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let units: i128 = cost.replace('.', "").parse().expect("a decimal");
    let amount = format!("{:0>width$}", units * i128::from(days), width = decimals + 1);
    let (whole, part) = amount.split_at(amount.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    json!({"amount": format!("{whole}{point}{part}"), "currency": clock["currency"]})
}

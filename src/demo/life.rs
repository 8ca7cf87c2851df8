//! A believable journal of many months, the same for the same seed and last day: rough first weeks, a lapse
//! and a return, a move to another time zone, days without a word, triggers that matter, skills that help.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::care::Treatment;
use crate::catalogue::id_of;
use crate::domain::day::{add_days, days_between};

/// A record to write: its collection and its body, with its id.
pub type Entry = (&'static str, Map<String, Json>);

/// Days from the start to the lapse, to the resumption, and to the move.
const LAPSE: i64 = 97;
const RESUMED: i64 = 100;
const MOVE: i64 = 301;

/// A life as it is told.
pub(super) struct Teller {
    pub(super) random: fastrand::Rng,
    pub(super) start: NaiveDate,
    last: NaiveDate,
    entries: Vec<Entry>,
    clock: Uuid,
    flat: Uuid,
    pub(super) guitar: Uuid,
    pub(super) treatment: Treatment,
}

/// The journal of `days` dates ending with `last`.
pub fn journal(seed: u64, last: NaiveDate, days: u32) -> Vec<Entry> {
    let mut random = fastrand::Rng::with_seed(seed);
    let start = add_days(last, 1 - i64::from(days));
    let [clock, flat, guitar] = [0, 1, 2].map(|_| Uuid::from_u128(random.u128(..)));
    let treatment = Treatment::new(&mut random);
    let mut teller = Teller { random, start, last, entries: Vec::new(), clock, flat, guitar, treatment };
    // Clocks are listed in the order of their ids, which is the order they were made in.
    teller.clock = teller.id(start, 9 * 60);
    teller.begin();
    teller.begin_care();
    for date in start.iter_days().take_while(|date| *date <= last) {
        teller.live(date);
        teller.live_care(date);
    }
    teller.entries
}

/// A sentence for some days; most have none.
const NOTES: &[&str] = &[
    "Long day, got through it.",
    "Slept badly, walked it off.",
    "Called before it got dark. Good call.",
    "Quiet. Quiet is fine.",
    "Cooked for the first time in weeks.",
    "The hour after work is the hard one.",
];

impl Teller {
    pub(super) fn add(&mut self, collection: &'static str, id: Uuid, body: Json) {
        if let Json::Object(mut body) = body {
            body.retain(|_, value| !value.is_null());
            body.insert("id".to_owned(), json!(id));
            self.entries.push((collection, body));
        }
    }

    /// What is set up before the first day: clocks, own words, the lapse when it is in the past.
    fn begin(&mut self) {
        let start = self.start.to_string();
        self.add(
            "clocks",
            self.clock,
            json!({
                "substance": "opioids", "label": "Heroin", "started_on": start, "reset_policy": "reset",
                "daily_cost": "35.00", "currency": "USD",
            }),
        );
        self.add(
            "triggers",
            self.flat,
            json!({"name": "The road past the old flat", "category": "environment"}),
        );
        self.add("skills", self.guitar, json!({"name": "Play guitar until it fades", "family": "body"}));
        if self.age(self.last) > 240 {
            let started_on = add_days(self.start, 210);
            let id = self.id(started_on, 9 * 60);
            self.add(
                "clocks",
                id,
                json!({
                    "substance": "nicotine", "started_on": started_on.to_string(), "reset_policy": "keep_and_count",
                    "daily_cost": "9.50", "currency": "USD",
                }),
            );
        }
        if self.age(self.last) >= LAPSE {
            let used_on = add_days(self.start, LAPSE);
            let resumed_on = add_days(self.start, RESUMED);
            let id = self.id(used_on, 21 * 60);
            let resumed_on = (resumed_on <= self.last).then(|| resumed_on.to_string());
            self.add(
                "lapses",
                id,
                json!({
                    "clock_id": self.clock, "used_on": used_on.to_string(), "resumed_on": resumed_on,
                    "kind": "lapse", "trigger_ids": [id_of("triggers", "contact_from_past")],
                    "note": "Told my sponsor the same night.",
                }),
            );
        }
    }

    fn live(&mut self, date: NaiveDate) {
        let age = self.age(date);
        let lapsing = (LAPSE..RESUMED).contains(&age);
        let going = match (age, date.weekday()) {
            _ if lapsing => 0,
            (..90, _) => 75,
            (_, Weekday::Mon | Weekday::Wed | Weekday::Sat) => 70,
            _ => 6,
        };
        if self.chance(going) {
            self.meeting(date);
        }
        // Silence around the lapse, and days without a word at any time.
        let silent = (LAPSE..LAPSE + 9).contains(&age) && !self.chance(20);
        if !silent {
            let told = if age < 30 { 70 } else { 90 };
            if self.chance(told) {
                self.check_in(date, lapsing);
            }
            let cravings = self.often(self.pull(date) / 5.0);
            for _ in 0..cravings {
                self.craving(date, lapsing);
            }
        }
    }

    /// How strong the pull is on a date, 0 to 10: it eases over the months and rises around the lapse.
    pub(super) fn pull(&self, date: NaiveDate) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some hundreds of days")]
        let age = self.age(date) as f64;
        let eased = 1.2 + 6.5 * (-age / 130.0).exp();
        let near_lapse = if (LAPSE - 6..LAPSE + 12).contains(&self.age(date)) { 3.0 } else { 0.0 };
        let payday = if matches!(date.day(), 1 | 15) { 1.0 } else { 0.0 };
        let weekend = if matches!(date.weekday(), Weekday::Fri | Weekday::Sat) { 0.7 } else { 0.0 };
        (eased + near_lapse + payday + weekend).min(10.0)
    }

    fn check_in(&mut self, date: NaiveDate, lapsing: bool) {
        let pull = self.pull(date);
        let today = json!(date.to_string());
        let went = self.entries.last().is_some_and(|(collection, body)| {
            *collection == "meetings" && body.get("local_date") == Some(&today)
        });
        let lift = if went { 0.8 } else { 0.0 };
        let sleep = (self.around(4.8 + (8.0 - pull) * 0.35, 1.2) * 4.0).round().clamp(8.0, 40.0) / 4.0;
        let body = json!({
            "local_date": date.to_string(), "slot": "day",
            "mood": self.rating(7.4 - pull * 0.55 + lift), "anxiety": self.rating(1.0 + pull * 0.6),
            "stress": self.rating(2.0 + pull * 0.45), "energy": self.rating(6.8 - pull * 0.4),
            "pain": self.rating(1.0 + pull * 0.2), "craving": self.rating(pull),
            "commitment": self.rating(9.2 - pull * 0.2), "sleep_hours": sleep,
            "sleep_quality": self.rating(sleep), "substance_free": !lapsing,
            "gratitude": self.chance(15).then_some("Somebody saved me a chair."),
            "note": if self.chance(12) { self.random.choice(NOTES) } else { None },
        });
        let id = self.id(date, 20 * 60 + 15);
        self.add("check_ins", id, body);
    }

    fn craving(&mut self, date: NaiveDate, lapsing: bool) {
        let pull = self.pull(date);
        let before = self.rating(pull + 1.2).max(1);
        let evening = self.chance(65);
        let minute =
            if evening { self.random.i64(17 * 60..23 * 60) } else { self.random.i64(7 * 60..17 * 60) };
        let trigger = match self.random.u8(..100) {
            0..30 => id_of("triggers", "boredom"),
            30..50 => id_of("triggers", "stress"),
            50..64 => self.flat,
            64..76 if matches!(date.day(), 1 | 15) => id_of("triggers", "payday"),
            64..84 => id_of("triggers", "loneliness"),
            _ => id_of("triggers", "tiredness"),
        };
        let (skill, relief) = match self.random.u8(..100) {
            0..30 => (None, 1),
            30..55 => (Some(id_of("skills", "urge_surfing")), 3),
            55..75 => (Some(id_of("skills", "call_sponsor")), 4),
            75..88 => (Some(self.guitar), 3),
            _ => (Some(id_of("skills", "exercise")), 2),
        };
        let outcome = if lapsing && self.chance(40) {
            "used"
        } else if self.chance(4) {
            "open"
        } else {
            "passed"
        };
        let after = (outcome != "open").then(|| (before - relief + self.random.i64(-1..=1)).clamp(0, 10));
        let (occurred_at, zone) = self.moment(date, minute);
        let id = self.id(date, minute);
        let body = json!({
            "occurred_at": occurred_at, "time_zone": zone, "local_date": date.to_string(),
            "intensity": before, "intensity_after": after,
            "duration_minutes": after.map(|_| self.random.i64(5..45)), "clock_id": self.clock,
            "trigger_ids": [trigger], "skill_ids": skill.map(|skill| vec![skill]),
            "halt": self.chance(30).then_some(["lonely", "tired"]),
            "place": if evening { "home" } else { "work" }, "company": if evening { "alone" } else { "others" },
            "outcome": outcome,
        });
        self.add("cravings", id, body);
    }

    fn meeting(&mut self, date: NaiveDate) {
        let (occurred_at, zone) = self.moment(date, 19 * 60);
        let id = self.id(date, 19 * 60);
        let online = self.chance(20);
        let helpfulness = self.rating(7.5);
        let body = json!({
            "occurred_at": occurred_at, "time_zone": zone, "local_date": date.to_string(),
            "fellowship": if self.chance(85) { "na" } else { "smart" },
            "format": if online { "online" } else { "in_person" },
            "name": if online { "Late lamp" } else { "Corner room" }, "meeting_types": ["O", "D"],
            "duration_minutes": 60, "role": if self.chance(15) { "shared" } else { "attended" },
            "helpfulness": helpfulness,
        });
        self.add("meetings", id, body);
    }

    pub(super) fn age(&self, date: NaiveDate) -> i64 {
        days_between(self.start, date)
    }

    fn zone(&self, date: NaiveDate) -> Tz {
        if self.age(date) < MOVE { Tz::America__New_York } else { Tz::America__Denver }
    }

    /// A wall-clock minute of a date as a moment; one that the clocks skip is taken as UTC.
    fn at(&self, date: NaiveDate, minute: i64) -> DateTime<Tz> {
        let zone = self.zone(date);
        let seconds = u32::try_from(minute * 60).unwrap_or(0);
        let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or_default();
        let wall = date.and_time(time);
        zone.from_local_datetime(&wall)
            .earliest()
            .unwrap_or_else(|| Utc.from_utc_datetime(&wall).with_timezone(&zone))
    }

    pub(super) fn moment(&self, date: NaiveDate, minute: i64) -> (String, &'static str) {
        (self.at(date, minute).to_rfc3339_opts(SecondsFormat::Secs, true), self.zone(date).name())
    }

    /// An id as a phone would have made it at that minute.
    pub(super) fn id(&mut self, date: NaiveDate, minute: i64) -> Uuid {
        let millis = u64::try_from(self.at(date, minute).timestamp_millis()).unwrap_or(0);
        let mut bytes = [0; 10];
        self.random.fill(&mut bytes);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    pub(super) fn chance(&mut self, percent: u8) -> bool {
        self.random.u8(..100) < percent
    }

    /// A number near `middle`.
    fn around(&mut self, middle: f64, spread: f64) -> f64 {
        middle + (self.random.f64() + self.random.f64() - 1.0) * 2.0 * spread
    }

    #[expect(clippy::cast_possible_truncation, reason = "clamped to 0 to 10")]
    pub(super) fn rating(&mut self, middle: f64) -> i64 {
        self.around(middle, 1.1).round().clamp(0.0, 10.0) as i64
    }

    /// How often something with this mean happens on a day.
    fn often(&mut self, mean: f64) -> usize {
        (0..4).filter(|_| self.random.f64() < mean / 4.0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same_life() {
        let last = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let life = journal(7, last, 548);
        assert_eq!(life, journal(7, last, 548));
        assert_ne!(life, journal(8, last, 548));
        let count = |name| life.iter().filter(|(collection, _)| *collection == name).count();
        assert!(count("check_ins") > 400 && count("check_ins") < 548, "some days are missing");
        assert!(count("cravings") > 100 && count("meetings") > 100);
        assert_eq!((count("clocks"), count("lapses")), (2, 1));
        // Everything has its place in a life.
        for collection in crate::journal::COLLECTIONS {
            assert!(count(collection.name) > 0, "no {}", collection.name);
        }
    }
}

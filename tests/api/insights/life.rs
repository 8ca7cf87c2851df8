//! A random life as a journal: what a member writes, in the order in which it reaches the server, and what is
//! left of it in the end. All of it comes from a seed.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::dice::Dice;
use super::slow::{Journal, civil_date};
use crate::support::Client;

const ZONES: [&str; 8] = [
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Europe/London",
    "Pacific/Kiritimati",
    "Pacific/Honolulu",
    "UTC",
];

const RATINGS: [&str; 8] =
    ["mood", "anxiety", "stress", "energy", "pain", "craving", "commitment", "sleep_quality"];

/// Days about which calendars disagree: leap days, clock changes, ends of years and months, the day that Apia
/// left out, and the last week of a year of 53 weeks.
const DAYS: [&str; 12] = [
    "2024-02-29",
    "2024-03-10",
    "2024-03-31",
    "2023-11-05",
    "2024-10-06",
    "2011-12-31",
    "2025-01-01",
    "2020-12-31",
    "2025-08-31",
    "2023-03-01",
    "2016-02-29",
    "2019-05-15",
];

/// A member's life.
pub struct Life {
    /// The account's zone.
    pub zone: &'static str,
    /// When the account's day starts.
    pub day_starts_at: &'static str,
    /// The day around which most questions are asked.
    pub day: NaiveDate,
    /// How many days before it the first record may be.
    pub extent: u64,
    /// What is written, in this order.
    pub writes: Vec<Write>,
    /// How often something that may be left out is there, in a hundred.
    fullness: u64,
    /// Where each rating is on the day, and by how much it rises in ten days.
    ratings: Vec<(&'static str, i64, i64)>,
    zones: Vec<&'static str>,
    clocks: Vec<String>,
    triggers: Vec<String>,
    skills: Vec<String>,
    medications: Vec<String>,
    episodes: Vec<String>,
    goals: Vec<String>,
}

/// One write.
#[derive(Clone)]
pub struct Write {
    method: &'static str,
    collection: &'static str,
    id: String,
    body: Json,
}

impl Life {
    /// The life that a seed means.
    pub fn new(seed: u64, catalogue: &Json) -> Self {
        let mut dice = Dice::new(seed);
        let mut ids = |built_in: &str, own: u64| {
            let known = catalogue[built_in].as_array().expect("a list").iter();
            let known: Vec<String> = known.map(|entry| entry["id"].as_str().unwrap().to_owned()).collect();
            let mut ids = dice.some(&known, 3);
            ids.extend((0..=dice.up_to(own)).map(|_| dice.id()));
            ids
        };
        let (triggers, skills) = (ids("triggers", 3), ids("skills", 3));
        let mut life = Self {
            zone: dice.pick(&ZONES),
            day_starts_at: dice.pick(&["00:00", "00:00", "02:30", "04:00", "06:00"]),
            day: dice.pick(&DAYS).parse().unwrap(),
            extent: dice.pick(&[0, 6, 20, 30, 30, 45, 45, 60, 90, 200, 500]),
            writes: Vec::new(),
            fullness: dice.pick(&[40, 70, 90]),
            ratings: RATINGS.iter().map(|name| (*name, dice.near(5, 4), dice.near(0, 2))).collect(),
            zones: (0..3).map(|_| dice.pick(&ZONES)).collect(),
            clocks: (0..=dice.up_to(3)).map(|_| dice.id()).collect(),
            triggers,
            skills,
            medications: (0..=dice.up_to(2)).map(|_| dice.id()).collect(),
            episodes: (0..=dice.up_to(2)).map(|_| dice.id()).collect(),
            goals: (0..=dice.up_to(2)).map(|_| dice.id()).collect(),
        };
        let least = dice.pick(&[0, 3, 20, 40, 65, 95, 95]);
        let mut steps: Vec<Vec<Write>> =
            (0..least + dice.up_to(least)).map(|_| life.dated(&mut dice)).collect();
        steps.extend(life.undated(&mut dice));
        dice.shuffle(&mut steps);
        // Later writes to the same record come some time after the first.
        while !steps.is_empty() {
            let at = usize::try_from(dice.up_to((steps.len() as u64 - 1).min(9))).unwrap();
            life.writes.push(steps[at].remove(0));
            steps.retain(|step| !step.is_empty());
        }
        life
    }

    /// A record of a day, with what happens to it.
    fn dated(&self, dice: &mut Dice) -> Vec<Write> {
        let (collection, make): (_, fn(&Self, &mut Dice) -> Json) = match dice.up_to(99) {
            0..=41 => ("check_ins", Self::check_in),
            42..=61 => ("cravings", Self::craving),
            62..=70 => ("meetings", Self::meeting),
            71..=77 => ("lapses", Self::lapse),
            78..=86 => ("doses", Self::dose),
            87..=95 => ("sessions", Self::session),
            _ => ("withdrawal_logs", Self::withdrawal_log),
        };
        let id = dice.id();
        self.story(dice, collection, &id, make)
    }

    /// What has no day; some of what others refer to never comes.
    fn undated(&self, dice: &mut Dice) -> Vec<Vec<Write>> {
        let mut all = Vec::new();
        for (collection, ids, make) in [
            ("clocks", &self.clocks, Self::clock as fn(&Self, &mut Dice) -> Json),
            ("triggers", &self.triggers, |_, dice| trigger(dice)),
            ("skills", &self.skills, |_, dice| skill(dice)),
            ("medications", &self.medications, Self::medication),
            ("care_episodes", &self.episodes, Self::care_episode),
            ("goals", &self.goals, Self::goal),
        ] {
            // A built-in id is never the person's own.
            let own = ids.iter().filter(|id| id.as_bytes()[14] != b'5');
            for id in own {
                if dice.percent(80) {
                    all.push(self.story(dice, collection, id, make));
                }
            }
        }
        all
    }

    /// Written once, or written twice, or written and deleted, or deleted and written again.
    fn story(
        &self,
        dice: &mut Dice,
        collection: &'static str,
        id: &str,
        make: fn(&Self, &mut Dice) -> Json,
    ) -> Vec<Write> {
        let mut write = |method| Write { method, collection, id: id.to_owned(), body: make(self, dice) };
        let (post, put, again) = (write("POST"), write("PUT"), write("PUT"));
        let delete = Write { method: "DELETE", ..put.clone() };
        match dice.up_to(99) {
            0..=69 => vec![post],
            70..=79 => vec![put],
            80..=89 => vec![post, put],
            90..=96 => vec![post, delete],
            _ => vec![put, delete, again],
        }
    }

    fn check_in(&self, dice: &mut Dice) -> Json {
        let mut body = json!({"local_date": dice.date(self.day, self.extent, 4).to_string()});
        body["slot"] = json!(dice.pick(&[None, Some("day"), Some("morning"), Some("evening")]));
        let day: NaiveDate = body["local_date"].as_str().unwrap().parse().unwrap();
        for (rating, level, rise) in &self.ratings {
            if dice.percent(self.fullness) {
                let value = level + rise * (day - self.day).num_days() / 10 + dice.near(0, 2);
                body[rating] = json!(value.clamp(0, 10));
            }
        }
        if dice.percent(self.fullness) {
            let quarters = u32::try_from(dice.up_to(20)).unwrap() + 12;
            body["sleep_hours"] = json!(f64::from(quarters) / 4.0);
        }
        body["substance_free"] =
            json!(dice.pick(&[None, None, Some(true), Some(true), Some(true), Some(true), Some(false)]));
        body
    }

    fn craving(&self, dice: &mut Dice) -> Json {
        let mut body = self.moment(dice);
        body["intensity"] = json!(dice.up_to(10));
        if dice.percent(70) {
            body["intensity_after"] = json!(dice.up_to(10));
        }
        for (list, known) in [("trigger_ids", &self.triggers), ("skill_ids", &self.skills)] {
            if dice.percent(self.fullness) {
                body[list] = json!(dice.some(known, 3));
            }
        }
        body["outcome"] =
            json!(dice.pick(&[None, Some("open"), Some("passed"), Some("passed"), Some("used")]));
        body
    }

    fn meeting(&self, dice: &mut Dice) -> Json {
        let mut body = self.moment(dice);
        body["fellowship"] = json!(dice.pick(&["na", "aa", "smart", "other"]));
        body
    }

    fn lapse(&self, dice: &mut Dice) -> Json {
        let used_on = dice.date(self.day, self.extent + 3, 4);
        let days = dice.pick(&[None, Some(0), Some(0), Some(1), Some(1), Some(3), Some(7), Some(20)]);
        let resumed_on = days.map(|days| (used_on + Days::new(days)).to_string());
        let clock = if dice.percent(95) { dice.pick(&self.clocks) } else { dice.id() };
        json!({"clock_id": clock, "used_on": used_on.to_string(), "resumed_on": resumed_on})
    }

    fn clock(&self, dice: &mut Dice) -> Json {
        let started_on = dice.date(self.day, self.extent + 40, 3);
        let started_on =
            if dice.percent(15) { self.day - Days::new(1_000 + dice.up_to(3_000)) } else { started_on };
        let cost = dice.pick(&[None, Some("10.00"), Some("0.125"), Some("7"), Some("12.3456789"), Some("0")]);
        json!({
            "substance": dice.pick(&["opioids", "alcohol", "nicotine"]), "label": dice.pick(&[None, Some("The first")]),
            "started_on": started_on.to_string(), "reset_policy": dice.pick(&[None, Some("reset"), Some("keep_and_count")]),
            "daily_cost": cost, "currency": dice.pick(&[None, Some("USD")]),
            "archived": dice.pick(&[None, Some(false), Some(true)]),
        })
    }

    fn dose(&self, dice: &mut Dice) -> Json {
        let mut body = self.moment(dice);
        body["medication_id"] =
            json!(if dice.percent(95) { dice.pick(&self.medications) } else { dice.id() });
        body["status"] = json!(dice.pick(&[
            "taken",
            "taken",
            "taken",
            "late",
            "missed",
            "held_by_clinic",
            "observed_at_clinic"
        ]));
        body
    }

    fn session(&self, dice: &mut Dice) -> Json {
        let mut body = self.moment(dice);
        body["kind"] = json!(dice.pick(&["individual", "group", "iop"]));
        body["status"] =
            json!(dice.pick(&[None, Some("attended"), Some("attended"), Some("missed"), Some("cancelled")]));
        body["attended_minutes"] = json!(dice.pick(&[None, Some(50), Some(55), Some(180)]));
        body["care_episode_id"] = json!(dice.percent(60).then(|| dice.pick(&self.episodes)));
        body
    }

    fn withdrawal_log(&self, dice: &mut Dice) -> Json {
        let mut body = self.moment(dice);
        for symptom in ["anxiety", "insomnia", "nausea", "vomiting", "paranoia"] {
            if dice.percent(self.fullness) {
                body[symptom] = json!(dice.up_to(4));
            }
        }
        body
    }

    fn medication(&self, dice: &mut Dice) -> Json {
        let starts_on = dice.date(self.day, self.extent + 20, 4);
        let ends_on = dice.percent(30).then(|| (starts_on + Days::new(dice.up_to(60))).to_string());
        json!({
            "name": format!("Medication {}", dice.up_to(9)), "kind": dice.pick(&["methadone", "naltrexone_xr"]),
            "schedule": dice.pick(&["daily", "daily", "every_n_days", "weekly", "monthly", "as_needed"]),
            "every_n_days": dice.pick(&[None, Some(1), Some(2), Some(3)]),
            "starts_on": starts_on.to_string(), "ends_on": ends_on,
        })
    }

    fn care_episode(&self, dice: &mut Dice) -> Json {
        let starts_on = dice.date(self.day, self.extent + 20, 4);
        let ends_on = dice.percent(60).then(|| (starts_on + Days::new(dice.up_to(40))).to_string());
        json!({
            "level": dice.pick(&["detox", "inpatient", "iop", "outpatient"]),
            "starts_on": starts_on.to_string(), "ends_on": ends_on,
            "days_per_week": dice.pick(&[None, Some(2), Some(4), Some(7)]),
            "hours_per_day": dice.pick(&[None, Some(1.5), Some(3.0), Some(0.25)]),
        })
    }

    fn goal(&self, dice: &mut Dice) -> Json {
        let starts_on = dice.date(self.day, self.extent + 40, 4);
        let ends_on = dice.percent(30).then(|| (starts_on + Days::new(dice.up_to(60))).to_string());
        json!({
            "kind": dice.pick(&[
                "meetings_per_week", "check_ins_per_week", "sessions_per_week", "meetings_in_90_days",
            ]),
            "target": 1 + dice.up_to(89), "starts_on": starts_on.to_string(), "ends_on": ends_on,
        })
    }

    /// A moment somewhere, written with the offset of the place, in UTC, or with another offset.
    fn moment(&self, dice: &mut Dice) -> Json {
        let time = match dice.up_to(2) {
            0 => dice.up_to(23) * 3_600,
            1 => 2 * 3_600 + dice.up_to(7_199),
            _ => dice.up_to(86_399),
        };
        let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(time).unwrap(), 0).unwrap();
        let mut moment = dice.date(self.day, self.extent, 4).and_time(time).and_utc();
        if dice.percent(30) {
            // A habit: the same hour of the same weekday.
            let weeks = dice.up_to(self.extent / 7);
            moment = (self.day - Days::new(7 * weeks)).and_hms_opt(21, 15, 0).unwrap().and_utc();
        }
        let name = dice.pick(&self.zones);
        let zone: Tz = name.parse().unwrap();
        let written = match dice.up_to(3) {
            0 => moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            1 => moment.with_timezone(&FixedOffset::east_opt(20_700).unwrap()).to_rfc3339(),
            _ => moment.with_timezone(&zone).to_rfc3339(),
        };
        let mut body = json!({"occurred_at": written, "time_zone": name});
        if dice.percent(15) {
            let wall = moment.with_timezone(&zone).date_naive();
            body["local_date"] = json!(dice.date(wall, 1, 1).to_string());
        }
        body
    }

    /// Makes this write through the API and in the journal that we keep ourselves.
    pub fn write(&self, write: &Write, member: &Client, journal: &mut Journal) {
        let Write { method, collection, id, body } = write;
        let path = format!("/v1/{}", collection.replace('_', "-"));
        let ours = journal.0.entry(collection).or_default();
        let known = ours.iter().position(|record| record["id"] == *id);
        if *method == "DELETE" {
            member.delete(&format!("{path}/{id}")).expect(204);
            ours.remove(known.expect("written before"));
            return;
        }
        let answer = if *method == "PUT" {
            member.put(&format!("{path}/{id}"), body)
        } else {
            let mut body = body.clone();
            body["id"] = json!(id);
            member.post(&path, &body)
        };
        answer.expect(if known.is_some() { 200 } else { 201 });
        let mut record = body.clone();
        record["id"] = json!(id);
        if record["occurred_at"].is_string() && record["local_date"].is_null() {
            record["local_date"] = json!(self.local_date(body).to_string());
            assert_eq!(record["local_date"], answer.json["local_date"], "{answer:?}");
        }
        match known {
            Some(at) => ours[at] = record,
            None => ours.push(record),
        }
    }

    fn local_date(&self, record: &Json) -> NaiveDate {
        let moment = DateTime::parse_from_rfc3339(record["occurred_at"].as_str().unwrap()).unwrap();
        self.civil_date(moment.to_utc(), record["time_zone"].as_str().unwrap())
    }

    /// The date at a moment for this person, in a zone.
    pub fn civil_date(&self, moment: DateTime<chrono::Utc>, zone: &str) -> NaiveDate {
        let starts = NaiveTime::parse_from_str(self.day_starts_at, "%H:%M").unwrap();
        civil_date(moment, zone.parse().unwrap(), starts)
    }
}

fn trigger(dice: &mut Dice) -> Json {
    json!({"name": format!("Trigger {}", dice.up_to(9)), "category": dice.pick(&["environment", "conflict"]),
        "archived": dice.percent(20)})
}

fn skill(dice: &mut Dice) -> Json {
    json!({"name": format!("Skill {}", dice.up_to(9)), "family": dice.pick(&["body", "cbt"]),
        "archived": dice.percent(20)})
}

//! What is asked of a journal, and the slow answer beside the server's.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Value as Json, json};

use super::dice::Dice;
use super::differences::differences;
use super::life::Life;
use super::slow::{DATED, Journal, Slow, range};
use crate::support::Client;

/// One question: a path with its parameters.
pub struct Question {
    endpoint: &'static str,
    as_of: Option<NaiveDate>,
    tz: Option<&'static str>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    bucket: Option<&'static str>,
    /// The date in the path, where there is one.
    day: NaiveDate,
}

/// What is compared with the slow implementation.
const ENDPOINTS: [&str; 12] = [
    "/v1/streaks",
    "/v1/trends",
    "/v1/insights/triggers",
    "/v1/insights/skills",
    "/v1/insights/heatmap",
    "/v1/insights/factors",
    "/v1/insights/adherence",
    "/v1/insights/care-plan",
    "/v1/insights/withdrawal",
    "/v1/days",
    "/v1/summary",
    "/v1/days/{date}",
];

/// Which figures came with which words (`ok`, `needs_more`, `rising`, …), by endpoint and members.
pub type Seen = BTreeMap<String, BTreeSet<String>>;

/// A place where an answer is not the slow one.
#[derive(Debug)]
pub struct Difference {
    path: String,
    pointer: String,
    slow: Json,
    server: Json,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, pointer, slow, server } = self;
        write!(out, "{path} at {pointer}: the design says {slow}, the server {server}")
    }
}

impl Question {
    /// Every endpoint, with parameters drawn by chance around the days of a life.
    pub fn drawn(life: &Life, dice: &mut Dice) -> Vec<Self> {
        ENDPOINTS.iter().map(|endpoint| Self::one(endpoint, life, dice)).collect()
    }

    fn one(endpoint: &'static str, life: &Life, dice: &mut Dice) -> Self {
        let today = match dice.up_to(9) {
            0..=4 => life.day,
            5 | 6 => dice.date(life.day, life.extent, 0),
            7 => dice.date(life.day, 3, 5),
            8 => life.day + Days::new(dice.up_to(800)),
            _ => dice.date(life.day, life.extent, 40),
        };
        let day = dice.date(today, life.extent, 0);
        let mut question =
            Self { endpoint, as_of: Some(today), tz: None, from: None, to: None, bucket: None, day };
        if dice.percent(30) {
            question.tz = Some(dice.pick(&["Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Honolulu"]));
        }
        // Without as_of the journal is years old, but clocks run: there, today is what is asked.
        if ["/v1/streaks", "/v1/summary"].contains(&endpoint) && dice.percent(20) {
            question.as_of = None;
        }
        if endpoint == "/v1/trends" {
            question.bucket = dice.pick(&[None, Some("day"), Some("week"), Some("month")]);
        }
        let ranged = endpoint.starts_with("/v1/insights") || ["/v1/trends", "/v1/days"].contains(&endpoint);
        if ranged {
            match dice.up_to(9) {
                0 => {}
                3 | 4 => question.from = Some(today - Days::new(life.extent.min(390))),
                // With as much before it, to be compared with.
                5 | 6 => question.from = Some(today - Days::new(life.extent / 2)),
                1 => question.to = Some(dice.date(today, life.extent, 10)),
                2 => question.from = Some(dice.date(today, life.extent.min(390), 0)),
                _ => {
                    let to = dice.date(today, life.extent, 3);
                    let longest = dice.pick(&[0, 5, 40, 40, 100, 390]);
                    (question.from, question.to) = (Some(dice.date(to.min(today), longest, 0)), Some(to));
                }
            }
        }
        question
    }

    /// The path with its parameters.
    pub fn path(&self) -> String {
        let text = |date: Option<NaiveDate>| date.map(|date| date.to_string());
        let parameters = [
            ("as_of", text(self.as_of)),
            ("tz", self.tz.map(str::to_owned)),
            ("from", text(self.from)),
            ("to", text(self.to)),
            ("bucket", self.bucket.map(str::to_owned)),
        ];
        let given = parameters.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        let path = self.endpoint.replace("{date}", &self.day.to_string());
        format!("{path}?{}", given.collect::<Vec<_>>().join("&")).trim_end_matches('?').to_owned()
    }

    /// Asks the server, and says where its answer is not the slow one. `seen` learns which figures there were.
    pub fn ask(
        &self,
        member: &Client,
        life: &Life,
        journal: &Journal,
        catalogue: &Json,
        seen: &mut Seen,
    ) -> Vec<Difference> {
        let zone = self.tz.unwrap_or(life.zone);
        let now = || life.civil_date(DateTime::<Utc>::from(std::time::SystemTime::now()), zone);
        let before = now();
        let answer = member.get(&self.path());
        let mut server = answer.expect(200).json.clone();
        let mut today = self.as_of.unwrap_or(before);
        if self.as_of.is_none() && server["as_of"] == now().to_string() {
            // Midnight may have passed while the server was thinking.
            today = now();
        }
        let mut slow = self.slow(&Slow::new(journal, catalogue, today), zone, today);
        in_order(&server);
        told(&mut server);
        see(self.endpoint, &slow, seen);
        match self.endpoint {
            "/v1/insights/factors" => leave_out_rare_triggers(&mut slow, &server),
            "/v1/summary" => {
                server = json!({"as_of": server["as_of"], "streaks": server["streaks"],
                    "last_7_days": server["last_7_days"], "goals": server["goals"],
                    "today": shown(&server["today"])});
            }
            "/v1/days/{date}" => server = shown(&server),
            _ => {}
        }
        let differ = differences(&slow, &server).into_iter();
        differ
            .map(|(pointer, slow, server)| Difference { path: self.path(), pointer, slow, server })
            .collect()
    }

    fn slow(&self, slow: &Slow, zone: &str, today: NaiveDate) -> Json {
        let text = |date: Option<NaiveDate>| date.map(|date| date.to_string());
        let range = range(text(self.from).as_deref(), text(self.to).as_deref(), today);
        match self.endpoint {
            "/v1/streaks" => slow.streaks(zone),
            "/v1/trends" => slow.trends(range, self.bucket.unwrap_or("day")),
            "/v1/insights/triggers" => slow.triggers(range),
            "/v1/insights/skills" => slow.skills(range),
            "/v1/insights/heatmap" => slow.heatmap(range),
            "/v1/insights/factors" => slow.factors(range),
            "/v1/insights/adherence" => slow.adherence(range),
            "/v1/insights/care-plan" => slow.care_plan(range),
            "/v1/insights/withdrawal" => slow.withdrawal(range),
            "/v1/days" => slow.calendar(range),
            "/v1/summary" => json!({"as_of": today.to_string(), "streaks": slow.streaks(zone),
                "last_7_days": slow.last_7_days(), "goals": slow.goals(), "today": slow.day(today)}),
            "/v1/days/{date}" => slow.day(self.day),
            other => panic!("{other} is not compared"),
        }
    }
}

fn see(at: &str, answer: &Json, seen: &mut Seen) {
    match answer {
        Json::Array(list) => list.iter().for_each(|entry| see(at, entry, seen)),
        Json::Object(members) => {
            let factor = members.get("factor").and_then(Json::as_str).and_then(|name| name.split(':').next());
            let at = factor.map_or(at.to_owned(), |factor| format!("{at} {factor}"));
            for (name, value) in members {
                match value.as_str().filter(|_| ["status", "word", "state"].contains(&name.as_str())) {
                    Some(word) => {
                        seen.entry(format!("{at} {name}")).or_default().insert(word.to_owned());
                    }
                    // One rating is as good as another.
                    None if at.ends_with(" ratings") => see(&at, value, seen),
                    None => see(&format!("{at} {name}"), value, seen),
                }
            }
        }
        _ => {}
    }
}

/// A day as it is compared: the records by their ids.
fn shown(day: &Json) -> Json {
    let mut day = day.clone();
    for (collection, _) in DATED {
        let records = day[collection].as_array().expect("a list");
        let mut ids: Vec<&str> = records.iter().map(|record| record["id"].as_str().expect("an id")).collect();
        ids.sort_unstable();
        day[collection] = json!(ids);
    }
    day
}

/// The two orders that are promised: triggers most frequent first, archived clocks last.
fn in_order(answer: &Json) {
    let members = |list: &str, name: &str| -> Vec<Json> {
        answer[list].as_array().into_iter().flatten().map(|entry| entry[name].clone()).collect()
    };
    let counts = members("triggers", "count");
    assert!(counts.is_sorted_by_key(|count| std::cmp::Reverse(count.as_u64())), "{counts:?}");
    let archived = members("clocks", "archived");
    assert!(archived.is_sorted_by_key(Json::as_bool), "{archived:?}");
}

/// Sentences are the server's own; what they must say is held against the figures beside them, and they are
/// taken out.
fn told(answer: &mut Json) {
    match answer {
        Json::Array(list) => list.iter_mut().for_each(told),
        Json::Object(members) => {
            if let Some(message) = members.remove("message") {
                assert!(message.as_str().is_some_and(|text| text.len() > 10), "{message}");
            }
            if let Some(text) = members.remove("text") {
                let text = text.as_str().expect("a text");
                let n = |side: &str| members[side]["n"].as_u64().expect("a count");
                let days = format!("({} and {} days)", n("with"), n("without"));
                let difference = members["difference"].as_f64().expect("a difference");
                let higher = difference <= 0.0 || text.contains("higher");
                let lower = difference >= 0.0 || text.contains("lower");
                let both = text.contains("higher") && text.contains("lower");
                assert!(text.contains("tended to") && text.contains(&days), "{text}: {days}");
                assert!(higher && lower && !both && !text.contains("because"), "{text}: {difference}");
            }
            members.values_mut().for_each(told);
        }
        _ => {}
    }
}

/// Trigger factors with too few days may be left out; if they are there, they are compared.
fn leave_out_rare_triggers(slow: &mut Json, server: &Json) {
    let listed = |factor: &Json| {
        let same = |other: &&Json| ["factor", "outcome"].iter().all(|name| other[name] == factor[name]);
        server["factors"].as_array().is_some_and(|factors| factors.iter().any(|other| same(&other)))
    };
    let may_miss = |factor: &Json| {
        factor["status"] == "needs_more"
            && factor["factor"].as_str().is_some_and(|name| name.starts_with("trigger:"))
    };
    slow["factors"].as_array_mut().expect("a list").retain(|factor| !may_miss(factor) || listed(factor));
}

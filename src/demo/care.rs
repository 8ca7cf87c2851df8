//! The treatment in a life that is told: detox, intensive outpatient, aftercare; a medication with its doses, a kit,
//! people, a plan, goals, and what questionnaires say as it gets better.

use chrono::{Datelike, NaiveDate, Weekday};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::life::Teller;
use crate::catalogue::id_of;
use crate::domain::day::add_days;
use crate::domain::withdrawal::SYMPTOMS;

/// Days from the start: detox ends, intensive outpatient ends, the medication begins.
const DETOX: i64 = 6;
const INTENSIVE: i64 = 96;
const MEDICATION: i64 = 2;

/// What the entries of a treatment refer to.
#[derive(Clone, Copy)]
pub struct Treatment {
    intensive: Uuid,
    outpatient: Uuid,
    medication: Uuid,
}

impl Treatment {
    /// Ids for a life.
    pub fn new(random: &mut fastrand::Rng) -> Self {
        let [intensive, outpatient, medication] = [0; 3].map(|_| Uuid::from_u128(random.u128(..)));
        Self { intensive, outpatient, medication }
    }
}

impl Teller {
    /// What is set up before the first day: levels of care, the medication, people, the plan, goals.
    pub(super) fn begin_care(&mut self) {
        let [detox, kit, sponsor, sister, plan, goal] = [0; 6].map(|_| Uuid::from_u128(self.random.u128(..)));
        let care = self.treatment;
        let on = |age: i64, teller: &Self| add_days(teller.start, age).to_string();
        let episodes = [
            (detox, "detox", 0, Some(DETOX), None),
            (care.intensive, "iop", DETOX + 1, Some(INTENSIVE), Some((4, 3.0))),
            (care.outpatient, "outpatient", INTENSIVE + 1, None, Some((1, 1.0))),
        ];
        for (id, level, from, to, plan) in episodes {
            let body = json!({
                "level": level, "starts_on": on(from, self), "ends_on": to.map(|to| on(to, self)),
                "facility": "Riverside", "days_per_week": plan.map(|(days, _)| days),
                "hours_per_day": plan.map(|(_, hours)| hours),
            });
            self.add("care_episodes", id, body);
        }
        let medication = json!({
            "name": "Buprenorphine and naloxone film", "kind": "buprenorphine_naloxone", "route": "sublingual",
            "dose_value": "8", "dose_unit": "mg", "schedule": "daily", "starts_on": on(MEDICATION, self),
            "prescriber": "Riverside",
        });
        self.add("medications", care.medication, medication);
        let kit_body = json!({
            "name": "Naloxone nasal spray", "kind": "naloxone_kit", "schedule": "as_needed",
            "starts_on": on(DETOX, self), "expires_on": on(DETOX + 730, self),
        });
        self.add("medications", kit, kit_body);
        let contact = |name: &str, role: &str, phone: &str, order: u8| json!({"name": name, "role": role, "phone": phone, "call_order": order});
        self.add("contacts", sponsor, contact("Ruth", "sponsor", "+1 555 0100", 1));
        self.add("contacts", sister, contact("My sister", "family", "+1 555 0101", 2));
        let body = json!({
            "warning_signs": ["Sleeping badly", "Not answering calls"],
            "high_risk_situations": ["Payday", "The hour after work"],
            "skill_ids": [id_of("skills", "urge_surfing"), self.guitar], "contact_ids": [sponsor, sister],
            "places_to_avoid": ["The old flat"], "reasons": ["My daughter", "Mornings without fear"],
        });
        self.add("plans", plan, body);
        let starts_on = self.start.to_string();
        self.add("goals", goal, json!({"kind": "meetings_per_week", "target": 3, "starts_on": starts_on}));
    }

    /// What a day has of treatment.
    pub(super) fn live_care(&mut self, date: NaiveDate) {
        let age = self.age(date);
        if age <= DETOX {
            self.withdrawal_log(date, age);
        }
        if age >= MEDICATION {
            self.dose(date);
        }
        let meets = match date.weekday() {
            Weekday::Mon | Weekday::Tue | Weekday::Thu | Weekday::Fri => {
                (DETOX + 1..=INTENSIVE).contains(&age)
            }
            Weekday::Wed => age > INTENSIVE,
            _ => false,
        };
        if meets {
            self.session(date, age <= INTENSIVE);
        }
        if age % 28 == 7 {
            self.assessment(date);
        }
    }

    /// Withdrawal is worst on the third day and over after a week.
    fn withdrawal_log(&mut self, date: NaiveDate, age: i64) {
        let strength = 4 - (age - 2).abs();
        let (occurred_at, zone) = self.moment(date, 8 * 60);
        let mut body = Map::from_iter([
            ("occurred_at".to_owned(), json!(occurred_at)),
            ("time_zone".to_owned(), json!(zone)),
            ("local_date".to_owned(), json!(date.to_string())),
            ("hours_since_last_use".to_owned(), json!(24 * age + 10)),
        ]);
        for symptom in SYMPTOMS {
            let rare = ["hallucinations", "paranoia", "vomiting"].contains(&symptom);
            let least = if rare { 3 } else { 0 };
            let felt = (strength - least + self.random.i64(-1..=0)).clamp(0, 4);
            body.insert(symptom.to_owned(), json!(felt));
        }
        let id = self.id(date, 8 * 60);
        self.add("withdrawal_logs", id, Json::Object(body));
    }

    fn dose(&mut self, date: NaiveDate) {
        let status = match self.random.u8(..100) {
            0..4 => "missed",
            4..8 => "late",
            // A day on which nothing was written down.
            8..11 => return,
            _ if self.age(date) <= DETOX => "observed_at_clinic",
            _ => "taken",
        };
        let minute = if status == "late" { 14 * 60 } else { 8 * 60 + 10 };
        let (occurred_at, zone) = self.moment(date, minute);
        let id = self.id(date, minute);
        let body = json!({"medication_id": self.treatment.medication, "occurred_at": occurred_at, "time_zone": zone,
            "local_date": date.to_string(), "status": status});
        self.add("doses", id, body);
    }

    fn session(&mut self, date: NaiveDate, intensive: bool) {
        let minute = 16 * 60;
        let attended = self.chance(88);
        let (planned, kind) = if intensive { (180, "iop") } else { (60, "individual") };
        let (occurred_at, zone) = self.moment(date, minute);
        let id = self.id(date, minute);
        let helpfulness = attended.then(|| self.rating(7.2));
        let body = json!({
            "occurred_at": occurred_at, "time_zone": zone, "local_date": date.to_string(), "kind": kind,
            "modality": if intensive { "dbt" } else { "cbt" }, "planned_minutes": planned,
            "attended_minutes": attended.then_some(planned - 5 * self.random.i64(0..3)),
            "status": if attended { "attended" } else { "missed" }, "helpfulness": helpfulness,
            "care_episode_id": if intensive { self.treatment.intensive } else { self.treatment.outpatient },
        });
        self.add("sessions", id, body);
    }

    /// Low mood that lifts with the months, by the PHQ-9.
    fn assessment(&mut self, date: NaiveDate) {
        let low = (self.pull(date) / 3.0).round().clamp(0.0, 3.0);
        #[expect(clippy::cast_possible_truncation, reason = "0 to 3")]
        let low = low as i64;
        let mut answers: Vec<i64> = (0..8).map(|_| (low + self.random.i64(-1..=0)).clamp(0, 3)).collect();
        answers.push(0);
        let (occurred_at, zone) = self.moment(date, 18 * 60);
        let id = self.id(date, 18 * 60);
        let body: Json = json!({"occurred_at": occurred_at, "time_zone": zone, "local_date": date.to_string(),
            "instrument": "phq9", "instrument_version": "1", "answers": answers});
        self.add("assessments", id, body);
    }
}

//! `/v1/insights/adherence`, `/care-plan` and `/withdrawal`, stays in care, and goals.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, SecondsFormat};
use serde_json::{Value as Json, json};

use super::insights::dated;
use super::streaks::monday;
use super::{Exact, Range, Slow, date, days, figure, number, percent};

/// The symptoms in the order that decides between equals.
const SYMPTOMS: [&str; 13] = [
    "agitation",
    "anxiety",
    "depression",
    "diarrhea",
    "insomnia",
    "muscle_bone_ache",
    "cramps",
    "nausea",
    "vomiting",
    "sweating",
    "chills",
    "hallucinations",
    "paranoia",
];

impl Slow<'_> {
    /// `/v1/insights/adherence`
    pub fn adherence(&self, range: Range) -> Json {
        let medications = self.journal.of("medications").iter();
        let figures: Vec<Json> = medications.filter_map(|one| self.adherence_of(one, range)).collect();
        dated(json!({"medications": figures}), range)
    }

    fn adherence_of(&self, medication: &Json, range: Range) -> Option<Json> {
        let schedule = medication["schedule"].as_str().unwrap();
        if schedule == "as_needed" || schedule == "every_n_days" && medication["every_n_days"].is_null() {
            return None;
        }
        let doses: Vec<&Json> = self.between("doses", (NaiveDate::MIN, self.today));
        let doses: Vec<&Json> =
            doses.into_iter().filter(|dose| dose["medication_id"] == medication["id"]).collect();
        let waits = ["weekly", "monthly"].contains(&schedule);
        // Each scheduled date of the range, and whether a dose covers it.
        let mut scheduled = Vec::new();
        for day in days(range) {
            if !is_due(medication, day)
                || !medication["ends_on"].is_null() && day > date(&medication["ends_on"])
            {
                continue;
            }
            let mut until = day + Days::new(1);
            while waits && !is_due(medication, until) {
                until = until + Days::new(1);
            }
            let covers = |dose: &&&Json| {
                let on = date(&dose["local_date"]);
                day <= on && on < until && covering(dose)
            };
            let covered = doses.iter().any(|dose| covers(&dose));
            if day < self.today || day == self.today && covered {
                scheduled.push(covered);
            }
        }
        let covered = scheduled.iter().filter(|covered| **covered).count();
        let gap = scheduled.split(|covered| *covered).map(<[bool]>::len).max().unwrap_or(0);
        let count = |status: &str| {
            let inside = |dose: &&&Json| {
                let on = date(&dose["local_date"]);
                range.0 <= on && on <= range.1 && dose["status"] == status
            };
            doses.iter().filter(inside).count()
        };
        let mut answer = figure(scheduled.len(), 7, || {
            json!({"scheduled_days": scheduled.len(), "covered_days": covered,
                "percent": percent(covered, scheduled.len()), "longest_gap_days": gap,
                "late": count("late"), "missed": count("missed")})
        });
        answer["medication_id"] = medication["id"].clone();
        answer["name"] = medication["name"].clone();
        Some(answer)
    }

    /// `/v1/insights/care-plan`, week after week.
    pub fn care_plan(&self, range: Range) -> Json {
        let mut weeks = Vec::new();
        for episode in self.journal.of("care_episodes") {
            let ends_on = if episode["ends_on"].is_null() { self.today } else { date(&episode["ends_on"]) };
            let inside = days(range).filter(|day| date(&episode["starts_on"]) <= *day && *day <= ends_on);
            for start in inside.map(monday).collect::<BTreeSet<_>>() {
                let sessions = self.between("sessions", (start, start + Days::new(6)));
                let belongs = |session: &&Json| {
                    let of = &session["care_episode_id"];
                    attended(session) && (of.is_null() || *of == episode["id"])
                };
                let sessions: Vec<&Json> = sessions.into_iter().filter(belongs).collect();
                let minutes: i64 = sessions.iter().filter_map(|one| one["attended_minutes"].as_i64()).sum();
                let planned = number(&episode["days_per_week"]).zip(number(&episode["hours_per_day"]));
                weeks.push(json!({
                    "start": start.to_string(), "care_episode_id": episode["id"], "level": episode["level"],
                    "planned_hours": planned.map_or(Json::Null, |(days, hours)| days.times(hours).rounded(2)),
                    "attended_hours": Exact::new(minutes.into(), 60).rounded(2),
                    "planned_sessions": episode["days_per_week"], "attended_sessions": sessions.len(),
                }));
            }
        }
        dated(json!({"weeks": weeks}), range)
    }

    /// `/v1/insights/withdrawal`
    pub fn withdrawal(&self, range: Range) -> Json {
        let total = |log: &Json| -> u64 { SYMPTOMS.iter().filter_map(|name| log[name].as_u64()).sum() };
        let logs = self.between("withdrawal_logs", range);
        let one = |log: &&Json| {
            let strongest = (1..=4).rev().find_map(|value| {
                let symptom = SYMPTOMS.iter().find(|name| log[**name] == value)?;
                Some(json!({"symptom": symptom, "value": value}))
            });
            let at = DateTime::parse_from_rfc3339(log["occurred_at"].as_str().unwrap()).unwrap();
            json!({"id": log["id"], "occurred_at": at.to_rfc3339_opts(SecondsFormat::Secs, true),
                "total": total(log), "peak": strongest})
        };
        let worst = |day: NaiveDate| {
            let totals = self.between("withdrawal_logs", (day, day)).into_iter().map(total);
            totals.max().map(|worst| json!({"date": day.to_string(), "max_total": worst}))
        };
        let shown: Vec<Json> = logs.iter().map(one).collect();
        dated(json!({"logs": shown, "days": days(range).filter_map(worst).collect::<Vec<_>>()}), range)
    }

    /// Whether a date is inside a detox or inpatient episode.
    pub fn is_controlled(&self, day: NaiveDate) -> bool {
        self.journal.of("care_episodes").iter().any(|episode| {
            let ends_on = if episode["ends_on"].is_null() { self.today } else { date(&episode["ends_on"]) };
            let controlled = episode["level"] == "detox" || episode["level"] == "inpatient";
            controlled && date(&episode["starts_on"]) <= day && day <= ends_on
        })
    }

    /// The goals of `/v1/summary`.
    pub fn goals(&self) -> Json {
        let running = |goal: &Json| {
            let starts_on = date(&goal["starts_on"]);
            let ninety = goal["kind"] == "meetings_in_90_days";
            let start = if ninety { starts_on } else { monday(self.today) };
            let dates: Vec<NaiveDate> = days((start, start + Days::new(if ninety { 89 } else { 6 })))
                .filter(|day| {
                    starts_on <= *day && (goal["ends_on"].is_null() || *day <= date(&goal["ends_on"]))
                })
                .collect();
            let (from, to) = (*dates.first()?, *dates.last()?);
            let done = match goal["kind"].as_str().unwrap() {
                "check_ins_per_week" => self.dates("check_ins").range(from..=to).count(),
                "sessions_per_week" => {
                    self.between("sessions", (from, to)).into_iter().filter(|one| attended(one)).count()
                }
                _ => self.between("meetings", (from, to)).len(),
            };
            dates.contains(&self.today).then(|| {
                json!({"goal_id": goal["id"], "kind": goal["kind"], "target": goal["target"], "done": done,
                    "from": from.to_string(), "to": to.to_string()})
            })
        };
        self.journal.of("goals").iter().filter_map(running).collect()
    }

    /// When the newest ninety meetings in ninety days began.
    pub fn ninety_began(&self) -> Option<NaiveDate> {
        let goals = self.journal.of("goals").iter().filter(|goal| goal["kind"] == "meetings_in_90_days");
        goals.map(|goal| date(&goal["starts_on"])).filter(|began| *began <= self.today).max()
    }
}

/// Whether a session was attended; it was, if nothing is said.
pub fn attended(session: &Json) -> bool {
    session["status"].is_null() || session["status"] == "attended"
}

/// Whether a dose covers its date.
pub fn covering(dose: &Json) -> bool {
    ["taken", "late", "observed_at_clinic"].iter().any(|status| dose["status"] == *status)
}

/// Whether a medication is due on a date, its end apart.
fn is_due(medication: &Json, day: NaiveDate) -> bool {
    let starts_on = date(&medication["starts_on"]);
    let since = (day - starts_on).num_days();
    if since < 0 {
        return false;
    }
    match medication["schedule"].as_str().unwrap() {
        "daily" => true,
        "every_n_days" => since % medication["every_n_days"].as_i64().unwrap() == 0,
        "weekly" => since % 7 == 0,
        _ => {
            // The same day of the month, or the month's last.
            let tomorrow = day + Days::new(1);
            let is_last = tomorrow.month() != day.month();
            day.day() == starts_on.day() || is_last && starts_on.day() > day.day()
        }
    }
}

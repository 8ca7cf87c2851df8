//! `/v1/insights/triggers`, `/skills` and `/heatmap`: what cravings have in common.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, Timelike as _};
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::{Exact, Range, Slow, figure, mean, median, number, percent, two};

impl Slow<'_> {
    /// `/v1/insights/triggers`
    pub fn triggers(&self, range: Range) -> Json {
        let cravings = self.between("cravings", range);
        let one = |id: &String| {
            let with: Vec<&Json> =
                cravings.iter().copied().filter(|it| ids(it, "trigger_ids").contains(id)).collect();
            let ended = |outcome: &str| with.iter().filter(|craving| craving["outcome"] == outcome).count();
            let (name, category) = self.named("triggers", "category", id);
            json!({"trigger_id": id, "name": name, "category": category, "count": with.len(),
                "share": percent(with.len(), cravings.len()), "mean_intensity": two(intensity(&with)),
                "passed_share": percent(ended("passed"), ended("passed") + ended("used"))})
        };
        let all: BTreeSet<String> = cravings.iter().flat_map(|craving| ids(craving, "trigger_ids")).collect();
        let mut answer =
            figure(cravings.len(), 5, || json!({"triggers": all.iter().map(one).collect::<Vec<_>>()}));
        answer["n"] = json!(cravings.len());
        dated(answer, range)
    }

    /// `/v1/insights/skills`
    pub fn skills(&self, range: Range) -> Json {
        let cravings = self.between("cravings", range);
        let relief = |wanted: &dyn Fn(&BTreeSet<String>) -> bool| {
            let uses = cravings.iter().filter(|craving| wanted(&ids(craving, "skill_ids")));
            let reliefs: Vec<Exact> = uses
                .filter_map(|one| Some(number(&one["intensity"])?.minus(number(&one["intensity_after"])?)))
                .collect();
            let n = reliefs.len();
            figure(n, 3, || json!({"n": n, "median_relief": two(median(reliefs))}))
        };
        let all: BTreeSet<String> = cravings.iter().flat_map(|craving| ids(craving, "skill_ids")).collect();
        let skills: Vec<Json> = all
            .iter()
            .map(|id| {
                let mut skill = relief(&|used| used.contains(id));
                skill["skill_id"] = json!(id);
                skill["name"] = self.named("skills", "family", id).0;
                skill
            })
            .collect();
        let baseline = relief(&BTreeSet::is_empty);
        let ok = skills.iter().chain([&baseline]).any(|figure| figure["status"] == "ok");
        let status = if ok { "ok" } else { "needs_more" };
        dated(json!({"status": status, "baseline": baseline, "skills": skills}), range)
    }

    /// `/v1/insights/heatmap`
    pub fn heatmap(&self, range: Range) -> Json {
        let cravings = self.between("cravings", range);
        let mut cells = Vec::new();
        for weekday in 1..=7 {
            for hour in 0..24 {
                let inside = |craving: &&&Json| wall_clock(craving) == (weekday, hour);
                let here: Vec<&Json> = cravings.iter().filter(inside).copied().collect();
                if !here.is_empty() {
                    let mean = figure(here.len(), 3, || json!({"value": two(intensity(&here))}));
                    cells.push(json!({"weekday": weekday, "hour": hour, "count": here.len(), "mean_intensity": mean}));
                }
            }
        }
        dated(json!({"n": cravings.len(), "cells": cells}), range)
    }

    /// The name and kind of one of the person's own, or of a built-in one; nulls if it is neither.
    fn named(&self, collection: &str, kind: &str, id: &str) -> (Json, Json) {
        let find = |list: &[Json]| list.iter().find(|entry| entry["id"] == id).cloned();
        let own = find(self.journal.of(collection)).map(|own| (own["name"].clone(), own[kind].clone()));
        let built_in = || find(self.catalogue[collection].as_array().expect("a list"));
        own.or_else(|| built_in().map(|entry| (entry["slug"].clone(), entry[kind].clone())))
            .unwrap_or((Json::Null, Json::Null))
    }
}

/// The ids in a list of a record, each once.
pub fn ids(record: &Json, list: &str) -> BTreeSet<String> {
    let ids = record[list].as_array().into_iter().flatten();
    ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

fn intensity(cravings: &[&Json]) -> Option<Exact> {
    mean(&cravings.iter().filter_map(|craving| number(&craving["intensity"])).collect::<Vec<_>>())
}

/// The weekday (1 = Monday) and hour on the wall clock of the record's own zone.
fn wall_clock(record: &Json) -> (u32, u32) {
    let moment =
        DateTime::parse_from_rfc3339(record["occurred_at"].as_str().expect("a moment")).expect("RFC 3339");
    let zone: Tz = record["time_zone"].as_str().expect("a zone").parse().expect("an IANA zone");
    let wall = moment.with_timezone(&zone);
    (wall.weekday().number_from_monday(), wall.hour())
}

/// An answer with its range.
pub fn dated(mut answer: Json, (from, to): Range) -> Json {
    answer["from"] = json!(from.to_string());
    answer["to"] = json!(to.to_string());
    answer
}

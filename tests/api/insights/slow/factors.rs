//! `/v1/insights/factors`: days with something beside days without it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use super::care::{attended, covering};
use super::insights::{dated, ids};
use super::{Exact, Range, Slow, figure, mean};

impl Slow<'_> {
    /// `/v1/insights/factors`, every trigger of the range included, without the texts.
    pub fn factors(&self, range: Range) -> Json {
        let cravings = self.between("cravings", range);
        let triggers: BTreeSet<String> =
            cravings.iter().flat_map(|craving| ids(craving, "trigger_ids")).collect();
        let names = ["meeting", "session", "dose", "short_sleep"].map(str::to_owned);
        let names = names.into_iter().chain(triggers.iter().map(|id| format!("trigger:{id}")));
        let factors: Vec<Json> = names
            .flat_map(|factor| ["mood", "craving"].map(|outcome| self.factor(&factor, outcome, range)))
            .collect();
        dated(json!({"outcomes": ["mood", "craving"], "factors": factors}), range)
    }

    fn factor(&self, factor: &str, outcome: &str, range: Range) -> Json {
        let days = self.ratings(outcome, range);
        let side = |wanted: bool| -> Vec<Exact> {
            let inside = days.iter().filter(|(day, _)| self.has(factor, *day) == Some(wanted));
            inside.map(|(_, value)| *value).collect()
        };
        let (with, without) = (side(true), side(false));
        let mut answer = figure(with.len().min(without.len()), 5, || {
            let (one, other) = (mean(&with).expect("five"), mean(&without).expect("five"));
            json!({"with": {"n": with.len(), "mean": one.rounded(2)},
                "without": {"n": without.len(), "mean": other.rounded(2)},
                "difference": one.minus(other).rounded(2)})
        });
        answer["factor"] = json!(factor);
        answer["outcome"] = json!(outcome);
        answer
    }

    /// Whether a day has the factor; `None` if nobody knows.
    fn has(&self, factor: &str, day: NaiveDate) -> Option<bool> {
        match factor.strip_prefix("trigger:") {
            Some(id) => {
                let cravings = self.between("cravings", (day, day));
                Some(cravings.into_iter().any(|craving| ids(craving, "trigger_ids").contains(id)))
            }
            None if factor == "session" => {
                Some(self.between("sessions", (day, day)).into_iter().any(attended))
            }
            None if factor == "dose" => Some(self.between("doses", (day, day)).into_iter().any(covering)),
            None if factor == "meeting" => Some(!self.between("meetings", (day, day)).is_empty()),
            None if factor == "short_sleep" => {
                self.rating("sleep_hours", day).map(|hours| hours < Exact::whole(6))
            }
            None => panic!("no factor {factor}"),
        }
    }
}

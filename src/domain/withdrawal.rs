//! The course of withdrawal: the total and the worst symptom of each log, and each day's highest total.
//!
//! Thirteen symptoms of our own list, each 0 to 4. Refuses to diagnose: a total is a sum.

use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The symptoms by their names in records, in the order that decides between equals.
pub const SYMPTOMS: [&str; 13] = [
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

/// A log's symptoms in the order of [`SYMPTOMS`], 0 to 4 each, absent when not rated.
pub type Symptoms = [Option<u8>; SYMPTOMS.len()];

/// The sum of what was rated, 0 to 52.
#[must_use]
pub fn total(symptoms: &Symptoms) -> u32 {
    symptoms.iter().flatten().map(|value| u32::from(*value)).sum()
}

/// The worst symptom and its value, of equal ones the first of the list; `None` when none is above 0.
#[must_use]
pub fn peak(symptoms: &Symptoms) -> Option<(&'static str, u8)> {
    let rated = SYMPTOMS.into_iter().zip(symptoms).filter_map(|(name, value)| Some((name, (*value)?)));
    // `max_by_key` keeps the last of equals, so the list is walked from its end.
    let worst = rated.rev().max_by_key(|(_, value)| *value);
    worst.filter(|(_, value)| *value > 0)
}

/// The highest total of each day that has a log, ascending.
pub fn day_maxima(logs: impl IntoIterator<Item = (NaiveDate, u32)>) -> Vec<(NaiveDate, u32)> {
    let mut days: BTreeMap<NaiveDate, u32> = BTreeMap::new();
    for (date, total) in logs {
        let highest = days.entry(date).or_default();
        *highest = total.max(*highest);
    }
    days.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Symptoms = [None; 13];

    #[test]
    fn totals_and_peaks() {
        let log = |rated: &[(usize, u8)]| {
            let mut symptoms = NONE;
            for (place, value) in rated {
                symptoms[*place] = Some(*value);
            }
            (total(&symptoms), peak(&symptoms))
        };
        assert_eq!(log(&[]), (0, None), "nothing rated");
        assert_eq!(log(&[(0, 0), (4, 0)]), (0, None), "rated, and none felt");
        assert_eq!(log(&[(0, 2), (4, 4), (8, 3)]), (9, Some(("insomnia", 4))));
        assert_eq!(
            log(&[(12, 3), (1, 3), (7, 3)]),
            (9, Some(("anxiety", 3))),
            "of equals the first of the list"
        );
        assert_eq!(total(&[Some(4); 13]), 52, "13 × 4");
    }

    #[test]
    fn a_day_shows_its_highest_total() {
        let date = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        let days = day_maxima([(date(2), 5), (date(1), 17), (date(2), 9), (date(2), 7), (date(4), 0)]);
        assert_eq!(
            days,
            [(date(1), 17), (date(2), 9), (date(4), 0)],
            "ascending, days without a log left out"
        );
    }
}

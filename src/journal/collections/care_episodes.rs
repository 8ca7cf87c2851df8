//! Care episodes: the levels of care a person passes through, from detox to aftercare.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, Rule};

/// The collection.
pub static CARE_EPISODES: Collection = Collection {
    name: "care_episodes",
    singular: "care_episode",
    about: "A time at one level of care, and what it plans for each week.",
    fields: &[
        Field::required(
            "level",
            Kind::Choice(&["detox", "inpatient", "iop", "outpatient", "sober_living", "aftercare"]),
            "The level of care; `iop` is intensive outpatient. Detox and inpatient are controlled environments.",
        ),
        Field::required("starts_on", Kind::Date, "The first date."),
        Field::optional("ends_on", Kind::Date, "The last date, inclusive; absent while it goes on."),
        Field::optional("facility", Kind::Text, "Where, in the person's words."),
        Field::optional(
            "days_per_week",
            Kind::Integer { min: 1, max: 7 },
            "Days of a week with a session, as planned.",
        ),
        Field::optional(
            "hours_per_day",
            Kind::Quarters { max: 24 },
            "Hours of such a day, as planned, in quarter hours.",
        ),
    ],
    dated_by: None,
    filters: &["level"],
    rules: &[Rule::NotBefore("ends_on", "starts_on")],
    example: r#"{"level":"iop","starts_on":"2026-10-05","ends_on":null,"facility":"Riverside",
        "days_per_week":4,"hours_per_day":3}"#,
    sql: OnceLock::new(),
};

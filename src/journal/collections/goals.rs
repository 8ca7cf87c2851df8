//! Goals: how much of something in a week, or ninety meetings in ninety days.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, Rule};

/// The collection.
pub static GOALS: Collection = Collection {
    name: "goals",
    singular: "goal",
    about: "Something to aim for: so many of something each week, or within ninety days.",
    fields: &[
        Field::required(
            "kind",
            Kind::Choice(&[
                "meetings_per_week",
                "check_ins_per_week",
                "sessions_per_week",
                "meetings_in_90_days",
            ]),
            "What is counted: meetings, dates with a check-in, attended sessions of an ISO week; or meetings of the 90 \
             dates from starts_on.",
        ),
        Field::required("target", Kind::Integer { min: 1, max: 1_000 }, "How many."),
        Field::required("starts_on", Kind::Date, "The first date that counts."),
        Field::optional("ends_on", Kind::Date, "The last date that counts; absent while it goes on."),
    ],
    dated_by: None,
    filters: &["kind"],
    rules: &[Rule::NotBefore("ends_on", "starts_on")],
    example: r#"{"kind":"meetings_per_week","target":3,"starts_on":"2026-10-05","ends_on":null}"#,
    sql: OnceLock::new(),
};

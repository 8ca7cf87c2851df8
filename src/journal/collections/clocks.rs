//! Sobriety clocks: one for each substance or behaviour, with a start date.

use std::sync::OnceLock;

use crate::fields::{Field, Kind, patterns};
use crate::journal::collection::{ARCHIVED, Collection};

/// The collection.
pub static CLOCKS: Collection = Collection {
    name: "clocks",
    singular: "clock",
    about: "A sobriety clock: one substance or behaviour, and the date from which it counts.",
    fields: &[
        Field::required(
            "substance",
            Kind::Formed(&patterns::SLUG),
            "What it is about: a word of the catalogue such as opioids, or another.",
        ),
        Field::optional("label", Kind::Text, "What the person calls it."),
        Field::required("started_on", Kind::Date, "The first substance-free date."),
        Field::default(
            "reset_policy",
            &["reset", "keep_and_count"],
            "reset",
            "Whether a lapse starts the count of days again, or is counted beside it.",
        ),
        Field::optional("daily_cost", Kind::Amount, "What a day of use cost, as a decimal string."),
        Field::optional("currency", Kind::Formed(&patterns::CURRENCY), "ISO 4217 code of daily_cost."),
        ARCHIVED,
    ],
    dated_by: None,
    filters: &[],
    rules: &[],
    example: r#"{"substance":"opioids","label":"Heroin","started_on":"2025-10-18","reset_policy":"reset",
        "daily_cost":"10.00","currency":"USD","archived":false}"#,
    sql: OnceLock::new(),
};

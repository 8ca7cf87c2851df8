//! Lapses: a use after a clock's start. The server never calls one a relapse; `kind` is the person's word.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, NOTE, Rule};

/// The collection.
pub static LAPSES: Collection = Collection {
    name: "lapses",
    singular: "lapse",
    about: "A use after the start of a clock, and the date from which it counts again.",
    fields: &[
        Field::required("clock_id", Kind::Reference, "The clock."),
        Field::required("used_on", Kind::Date, "The first date of use."),
        Field::optional("used_at", Kind::Moment, "The moment, if the person wants to keep it."),
        Field::optional(
            "resumed_on",
            Kind::Date,
            "The first substance-free date afterwards, not before used_on; absent = not yet.",
        ),
        Field::default(
            "kind",
            &["lapse", "return_to_use", "overdose"],
            "lapse",
            "The person's own word for it.",
        ),
        Field::optional("trigger_ids", Kind::References, "What led to it: built-in or own triggers."),
        Field::optional("amount", Kind::Text, "How much, in the person's words."),
        NOTE,
    ],
    dated_by: Some("used_on"),
    filters: &["clock_id", "trigger_id"],
    rules: &[Rule::NotBefore("resumed_on", "used_on")],
    example: r#"{"clock_id":"0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11","used_on":"2026-08-01","used_at":null,
        "resumed_on":"2026-08-02","kind":"lapse","trigger_ids":["6c1f9f50-c766-5146-85e8-d60e5832062b"],
        "amount":null,"note":"Told my sponsor the same night."}"#,
    sql: OnceLock::new(),
};

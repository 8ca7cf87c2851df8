//! Check-ins: how a day was, or its morning and evening. "Nothing to report" is a valid entry.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, NOTE};

/// The slots of a day that a check-in can be about.
pub const SLOTS: &[&str] = &["day", "morning", "evening"];

/// The collection.
pub static CHECK_INS: Collection = Collection {
    name: "check_ins",
    singular: "check_in",
    about: "How a day was, or its morning or evening.",
    fields: &[
        Field::required("local_date", Kind::Date, "The civil date that it is about."),
        Field::default("slot", SLOTS, "day", "The part of the day that it is about."),
        Field::rating("mood", "Mood, 0 (lowest) to 10."),
        Field::rating("anxiety", "Anxiety, 0 (none) to 10."),
        Field::rating("stress", "Stress, 0 (none) to 10."),
        Field::rating("energy", "Energy, 0 (none) to 10."),
        Field::rating("pain", "Pain, 0 (none) to 10."),
        Field::rating("craving", "The strongest craving of the day, 0 (none) to 10."),
        Field::rating("commitment", "Commitment to recovery, 0 to 10."),
        Field::optional("sleep_hours", Kind::Quarters { max: 24 }, "Hours slept, in quarter hours."),
        Field::rating("sleep_quality", "How good the sleep was, 0 to 10."),
        Field::optional(
            "substance_free",
            Kind::Flag,
            "Whether the day was substance-free; absent is neither. A prescribed dose is not use.",
        ),
        Field::optional("intention", Kind::Text, "What the person means to do today."),
        Field::optional("gratitude", Kind::Text, "What the person is grateful for."),
        NOTE,
    ],
    dated_by: Some("local_date"),
    filters: &[],
    rules: &[],
    example: r#"{"local_date":"2026-11-02","slot":"day","mood":6,"anxiety":4,"stress":5,"energy":5,"pain":2,
        "craving":7,"commitment":9,"sleep_hours":6.25,"sleep_quality":5,"substance_free":true,
        "intention":"Call before it gets dark","gratitude":"Coffee with a friend","note":"Long day, got through it."}"#,
    sql: OnceLock::new(),
};

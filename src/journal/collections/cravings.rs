//! Cravings: an urge, logged while it happens and closed later.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, LOCAL_DATE, NOTE, OCCURRED_AT, TIME_ZONE};

/// The collection.
pub static CRAVINGS: Collection = Collection {
    name: "cravings",
    singular: "craving",
    about: "An urge to use: how strong, what set it off, what was tried, how it ended.",
    fields: &[
        OCCURRED_AT,
        TIME_ZONE,
        LOCAL_DATE,
        Field::required(
            "intensity",
            Kind::Integer { min: 0, max: 10 },
            "How strong, 0 (met the trigger, no craving) to 10.",
        ),
        Field::rating("intensity_after", "How strong afterwards, 0 to 10."),
        Field::optional(
            "duration_minutes",
            Kind::Integer { min: 0, max: 10_080 },
            "How long it lasted, in minutes, up to a week.",
        ),
        Field::optional("clock_id", Kind::Reference, "The clock (substance or behaviour) that it was about."),
        Field::optional("trigger_ids", Kind::References, "What set it off: built-in or own triggers."),
        Field::optional("skill_ids", Kind::References, "Coping skills tried: built-in or own."),
        Field::optional(
            "halt",
            Kind::Choices(&["hungry", "angry", "lonely", "tired"]),
            "Which of hungry, angry, lonely, tired applied.",
        ),
        Field::optional("place", Kind::Text, "Where, in the person's words."),
        Field::optional("company", Kind::Text, "With whom, in the person's words."),
        Field::default(
            "outcome",
            &["open", "passed", "used"],
            "open",
            "How it ended; open while it lasts. `used` colours no day: only a lapse does.",
        ),
        NOTE,
    ],
    dated_by: Some("local_date"),
    filters: &["outcome", "trigger_id", "skill_id", "clock_id"],
    rules: &[],
    example: r#"{"occurred_at":"2026-11-02T21:40:00-05:00","time_zone":"America/New_York","intensity":8,
        "intensity_after":3,"duration_minutes":20,"trigger_ids":["6c1f9f50-c766-5146-85e8-d60e5832062b"],
        "skill_ids":["92f2a60d-0b5f-5d88-ac79-8b6b575ba946"],"halt":["lonely","tired"],"place":"home",
        "company":"alone","outcome":"passed","note":"Called, then walked around the block."}"#,
    sql: OnceLock::new(),
};

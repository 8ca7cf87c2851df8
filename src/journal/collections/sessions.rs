//! Sessions: counselling, therapy and medication management, planned or attended.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, LOCAL_DATE, NOTE, OCCURRED_AT, TIME_ZONE};

/// Minutes of a session, up to a day.
const MINUTES: Kind = Kind::Integer { min: 0, max: 1_440 };

/// The collection.
pub static SESSIONS: Collection = Collection {
    name: "sessions",
    singular: "session",
    about: "A counselling session: individual, in a group, with the family, or about medication.",
    fields: &[
        OCCURRED_AT,
        TIME_ZONE,
        LOCAL_DATE,
        Field::required(
            "kind",
            Kind::Choice(&[
                "individual",
                "group",
                "family",
                "psychiatry",
                "medication_management",
                "iop",
                "other",
            ]),
            "Who met, and what for; `iop` is an intensive outpatient session.",
        ),
        Field::optional(
            "modality",
            Kind::Choice(&["cbt", "dbt", "mi", "other"]),
            "The way of working: cognitive behavioral, dialectical behavioral, motivational interviewing.",
        ),
        Field::optional("planned_minutes", MINUTES, "How long it was to be, in minutes."),
        Field::optional(
            "attended_minutes",
            MINUTES,
            "How long the person was there, in minutes; absent counts as 0 in the care plan.",
        ),
        Field::default("status", &["attended", "missed", "cancelled"], "attended", "What became of it."),
        Field::rating("helpfulness", "How much it helped, 0 to 10."),
        Field::optional("homework", Kind::Text, "What was agreed to do until next time."),
        Field::optional("homework_done", Kind::Flag, "Whether that was done."),
        Field::optional("care_episode_id", Kind::Reference, "The care episode that it belongs to."),
        NOTE,
    ],
    dated_by: Some("local_date"),
    filters: &["kind", "status", "care_episode_id"],
    rules: &[],
    example: r#"{"occurred_at":"2026-11-02T17:00:00-05:00","time_zone":"America/New_York","kind":"individual",
        "modality":"cbt","planned_minutes":60,"attended_minutes":55,"status":"attended","helpfulness":8,
        "homework":"A thought record for each craving","homework_done":false,"care_episode_id":null,
        "note":"Talked about the evenings."}"#,
    sql: OnceLock::new(),
};

//! Doses: what became of each dose of a medication.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, LOCAL_DATE, NOTE, OCCURRED_AT, TIME_ZONE};

/// The collection.
pub static DOSES: Collection = Collection {
    name: "doses",
    singular: "dose",
    about: "A dose of a medication: taken, late, missed, held or observed at the clinic.",
    fields: &[
        Field::required("medication_id", Kind::Reference, "The medication."),
        OCCURRED_AT,
        TIME_ZONE,
        LOCAL_DATE,
        Field::required(
            "status",
            Kind::Choice(&["taken", "late", "missed", "held_by_clinic", "observed_at_clinic"]),
            "What became of it; taken, late and observed cover their date.",
        ),
        NOTE,
    ],
    dated_by: Some("local_date"),
    filters: &["medication_id", "status"],
    rules: &[],
    example: r#"{"medication_id":"0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11","occurred_at":"2026-11-02T08:10:00-05:00",
        "time_zone":"America/New_York","status":"taken","note":null}"#,
    sql: OnceLock::new(),
};

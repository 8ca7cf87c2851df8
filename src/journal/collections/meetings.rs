//! Meetings: attendance at mutual-help and other groups.

use std::sync::OnceLock;

use crate::catalogue::FELLOWSHIPS;
use crate::fields::{Field, Kind, patterns};
use crate::journal::collection::{Collection, LOCAL_DATE, NOTE, OCCURRED_AT, TIME_ZONE};
use crate::journal::listed::MEETING_LIST_ID;

/// The collection.
pub static MEETINGS: Collection = Collection {
    name: "meetings",
    singular: "meeting",
    about: "A meeting that the person attended.",
    fields: &[
        OCCURRED_AT,
        TIME_ZONE.or_copied(),
        LOCAL_DATE,
        Field::required("fellowship", Kind::Choice(FELLOWSHIPS), "The fellowship or kind of group.")
            .or_copied(),
        Field::optional("format", Kind::Choice(&["in_person", "online", "hybrid", "phone"]), "How it met."),
        Field::optional("name", Kind::Text, "What the meeting is called."),
        Field::optional(
            "meeting_types",
            Kind::FormedList(&patterns::MEETING_CODE),
            "Meeting Guide type codes; unknown ones are kept as they are.",
        ),
        Field::optional(
            "duration_minutes",
            Kind::Integer { min: 0, max: 1_440 },
            "How long it was, in minutes, up to a day.",
        ),
        Field::default(
            "role",
            &["attended", "shared", "chaired", "service"],
            "attended",
            "What the person did there.",
        ),
        Field::rating("helpfulness", "How much it helped, 0 to 10."),
        MEETING_LIST_ID,
        NOTE,
    ],
    dated_by: Some("local_date"),
    filters: &["fellowship", "meeting_list_id"],
    rules: &[],
    example: r#"{"occurred_at":"2026-11-02T19:00:00-05:00","time_zone":"America/New_York","fellowship":"na",
        "format":"in_person","name":"Monday Night Hope","meeting_types":["O","D"],"duration_minutes":60,
        "role":"attended","helpfulness":8,"meeting_list_id":null,"note":null}"#,
    sql: OnceLock::new(),
};

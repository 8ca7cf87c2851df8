//! Medications: what is prescribed, and when it is due. A prescribed dose is recovery, never use.

use std::sync::OnceLock;

use crate::fields::{Field, Kind, patterns};
use crate::journal::collection::{Collection, NOTE, Rule};

/// The collection.
pub static MEDICATIONS: Collection = Collection {
    name: "medications",
    singular: "medication",
    about: "A prescribed medication and its schedule, or a naloxone kit at hand.",
    fields: &[
        Field::required("name", Kind::Name, "What it is called."),
        Field::required(
            "kind",
            Kind::Choice(&[
                "methadone",
                "buprenorphine",
                "buprenorphine_naloxone",
                "naltrexone_oral",
                "naltrexone_xr",
                "naloxone_kit",
                "other",
            ]),
            "Which medication it is; `naltrexone_xr` is the long-acting injection.",
        ),
        Field::optional("route", Kind::Formed(&patterns::SLUG), "How it is taken, such as sublingual."),
        Field::optional("dose_value", Kind::Amount, "How much at a time, as a decimal string."),
        Field::optional("dose_unit", Kind::Formed(&patterns::UNIT), "The unit of dose_value, such as mg."),
        Field::required(
            "schedule",
            Kind::Choice(&["daily", "every_n_days", "weekly", "monthly", "as_needed"]),
            "When it is due, counted from starts_on; monthly on the same day of the month, or its last.",
        ),
        Field::optional(
            "every_n_days",
            Kind::Integer { min: 1, max: 365 },
            "For the schedule every_n_days: how many days from one dose to the next.",
        ),
        Field::required("starts_on", Kind::Date, "The first date on which it is due."),
        Field::optional("ends_on", Kind::Date, "The last date, inclusive; absent while it goes on."),
        Field::optional("expires_on", Kind::Date, "The date printed on a kit."),
        Field::optional("prescriber", Kind::Text, "Who prescribes it."),
        NOTE,
    ],
    dated_by: None,
    filters: &["kind"],
    rules: &[Rule::NotBefore("ends_on", "starts_on")],
    example: r#"{"name":"Buprenorphine and naloxone film","kind":"buprenorphine_naloxone","route":"sublingual",
        "dose_value":"8.0","dose_unit":"mg","schedule":"daily","every_n_days":null,"starts_on":"2026-10-05",
        "ends_on":null,"expires_on":null,"prescriber":"Riverside","note":null}"#,
    sql: OnceLock::new(),
};

//! Contacts: the people to call, in the order to call them.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, NOTE};

/// The collection.
pub static CONTACTS: Collection = Collection {
    name: "contacts",
    singular: "contact",
    about: "Somebody to turn to: a sponsor, a peer, family, a counselor, a prescriber.",
    fields: &[
        Field::required("name", Kind::Name, "What the person calls them."),
        Field::required(
            "role",
            Kind::Choice(&["sponsor", "peer", "family", "counselor", "prescriber", "other"]),
            "What they are to the person.",
        ),
        Field::optional("phone", Kind::Text, "Their number, as the person would dial it."),
        Field::optional(
            "call_order",
            Kind::Integer { min: 1, max: 100 },
            "Whom to call first: 1 comes before 2, and those without a number come last.",
        ),
        NOTE,
    ],
    dated_by: None,
    filters: &["role"],
    rules: &[],
    example: r#"{"name":"Ruth","role":"sponsor","phone":"+1 555 0100","call_order":1,"note":"Any time before midnight."}"#,
    sql: OnceLock::new(),
};

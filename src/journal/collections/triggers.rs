//! Triggers: the person's own, beside the built-in ones of the catalogue.

use std::sync::OnceLock;

use crate::catalogue::TRIGGER_CATEGORIES;
use crate::fields::{Field, Kind};
use crate::journal::collection::{ARCHIVED, Collection, NOTE};

/// The collection.
pub static TRIGGERS: Collection = Collection {
    name: "triggers",
    singular: "trigger",
    about: "Something that can set a craving off, in the person's own words.",
    fields: &[
        Field::required("name", Kind::Name, "What it is called."),
        Field::required("category", Kind::Choice(TRIGGER_CATEGORIES), "The kind of situation."),
        ARCHIVED,
        NOTE,
    ],
    dated_by: None,
    filters: &[],
    rules: &[],
    example: r#"{"name":"The road past the old flat","category":"environment","archived":false,"note":null}"#,
    sql: OnceLock::new(),
};

//! Coping skills: the person's own, beside the built-in ones of the catalogue.

use std::sync::OnceLock;

use crate::catalogue::SKILL_FAMILIES;
use crate::fields::{Field, Kind};
use crate::journal::collection::{ARCHIVED, Collection, NOTE};

/// The collection.
pub static SKILLS: Collection = Collection {
    name: "skills",
    singular: "skill",
    about: "A coping skill of the person's own.",
    fields: &[
        Field::required("name", Kind::Name, "What it is called."),
        Field::required("family", Kind::Choice(SKILL_FAMILIES), "The kind of skill."),
        ARCHIVED,
        NOTE,
    ],
    dated_by: None,
    filters: &[],
    rules: &[],
    example: r#"{"name":"Play guitar until it fades","family":"body","archived":false,"note":null}"#,
    sql: OnceLock::new(),
};

//! Plans: the relapse-prevention plan, in the person's own words. The current one is the one written last.

use std::sync::OnceLock;

use crate::fields::{Field, Kind};
use crate::journal::collection::{Collection, NOTE};

/// The collection.
pub static PLANS: Collection = Collection {
    name: "plans",
    singular: "plan",
    about: "A relapse-prevention plan: what warns, what helps, whom to call, what it is for.",
    fields: &[
        Field::optional("warning_signs", Kind::Texts, "What tells the person that it gets harder."),
        Field::optional("high_risk_situations", Kind::Texts, "Situations to prepare for."),
        Field::optional("skill_ids", Kind::References, "Coping skills to try: built-in or own."),
        Field::optional("contact_ids", Kind::References, "Contacts to call, in their order."),
        Field::optional("places_to_avoid", Kind::Texts, "Places to stay away from."),
        Field::optional("reasons", Kind::Texts, "What recovery is for."),
        NOTE,
    ],
    dated_by: None,
    filters: &[],
    rules: &[],
    example: r#"{"warning_signs":["Sleeping badly","Not answering calls"],"high_risk_situations":["Payday"],
        "skill_ids":["92f2a60d-0b5f-5d88-ac79-8b6b575ba946"],
        "contact_ids":["0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11"],"places_to_avoid":["The old flat"],
        "reasons":["My daughter","Mornings without fear"],"note":null}"#,
    sql: OnceLock::new(),
};

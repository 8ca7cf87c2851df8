//! Support: what the answer of a write says beside the record when one of the fixed rules is met, and the
//! crisis card that is there at any time.
//!
//! | file | what it does |
//! |---|---|
//! | `rules` | holds the rules of the catalogue against facts: pure |
//! | `facts` | finds the facts of a record, beside the record's own members |
//! | `card` | the person's plan and contacts, and the help lines of their country |
//!
//! The rules are data of the catalogue. Free text is never scanned, nobody else is told, and a write is stored
//! whether support can be worked out or not.

pub mod card;
mod facts;
mod rules;

use serde::Serialize;
use utoipa::ToSchema;

use super::collection::Collection;
use super::reading::Reading;
use super::record::Record;
use crate::catalogue::{Catalogue, SupportLevel};
use crate::db::Db;
use crate::error::Result;

pub use card::CrisisCard;

/// What a write is answered with when a rule is met.
#[derive(Debug, Serialize, ToSchema)]
pub struct Support {
    /// The most pressing of the rules that were met.
    level: SupportLevel,
    /// The rules, as the catalogue calls them.
    #[schema(value_type = Vec<String>, example = json!(["opioid_lapse_tolerance"]))]
    rules: Vec<&'static str>,
    /// Why, one sentence a rule.
    #[schema(value_type = Vec<String>)]
    reasons: Vec<&'static str>,
    /// What can be done, in the order to show it: what the person has planned, their contacts, advice, help
    /// lines; where it is urgent, advice comes first.
    actions: Vec<SupportAction>,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SupportAction {
    /// `plan`, `contact`, `help_line` or `text`.
    #[schema(value_type = String, example = "contact")]
    pub kind: &'static str,
    /// Who or what it is.
    #[schema(example = "Ruth (sponsor)")]
    pub label: String,
    /// A number, or words.
    #[schema(example = "+1 555 0100")]
    pub value: String,
}

/// Whether any rule looks at a collection.
#[must_use]
pub fn looks_at(collection: &Collection) -> bool {
    Catalogue::builtin().support_rules.iter().any(|rule| rule.on == collection.name)
}

/// Whether a record may call for support, going by its own members: most do not.
#[must_use]
pub fn may_be_due(collection: &Collection, record: &Record) -> bool {
    rules::may_be_met(collection, record)
}

/// The support for a record that was just stored, if it meets a rule. A failure to work it out is logged: the
/// record is safe, and its writer must hear so.
pub async fn of_stored(
    db: &Db,
    reading: &Reading<'_>,
    collection: &'static Collection,
    record: &Record,
) -> Option<Support> {
    if !may_be_due(collection, record) {
        return None;
    }
    work_out(db, reading, collection, record).await.unwrap_or_else(|error| {
        tracing::error!(%error, "support could not be worked out");
        None
    })
}

async fn work_out(
    db: &Db,
    reading: &Reading<'_>,
    collection: &'static Collection,
    record: &Record,
) -> Result<Option<Support>> {
    db.snapshot(async |conn| {
        let known = facts::of(conn, reading, collection, record).await?;
        let met = rules::met(collection, record, &known);
        let Some(level) = met.iter().map(|rule| rule.level).max() else { return Ok(None) };
        let card = card::card(conn, reading).await?;
        let mut advice: Vec<&str> = Vec::new();
        for text in met.iter().flat_map(|rule| &rule.advice) {
            if !advice.contains(&text.as_str()) {
                advice.push(text);
            }
        }
        let advice = advice.into_iter().map(|text| SupportAction {
            kind: "text",
            label: "What can be done".to_owned(),
            value: text.to_owned(),
        });
        let (own, lines) = (card.own_actions(), card.help_line_actions());
        let actions = if level == SupportLevel::Urgent {
            advice.chain(own).chain(lines).collect()
        } else {
            own.chain(advice).chain(lines).collect()
        };
        Ok(Some(Support {
            level,
            rules: met.iter().map(|rule| rule.slug.as_str()).collect(),
            reasons: met.iter().map(|rule| rule.reason.as_str()).collect(),
            actions,
        }))
    })
    .await
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

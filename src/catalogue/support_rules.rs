//! The shapes of support rules: which written facts are answered with support, and in which words. How facts are
//! found and rules are held against them is not decided here.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A rule. It is met when all of its conditions are.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SupportRule {
    /// Derived from list and slug; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The permanent word of the rule; what `rules` of a support names.
    #[schema(example = "opioid_lapse_tolerance")]
    pub slug: String,
    /// English name to show.
    #[schema(example = "A lapse after days without opioids")]
    pub name: String,
    /// The collection whose records it looks at.
    #[schema(example = "lapses")]
    pub on: String,
    /// How pressing it is.
    pub level: SupportLevel,
    /// What must hold.
    pub when: Vec<SupportCondition>,
    /// Why there is support, to the person.
    pub reason: String,
    /// What can be done, to the person.
    pub advice: Vec<String>,
}

/// How pressing a support is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupportLevel {
    /// Good to know.
    Info,
    /// Today.
    Elevated,
    /// Now.
    Urgent,
}

/// Something that must hold of a fact.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SupportCondition {
    /// A member of the record, or a fact that is worked out beside it.
    #[schema(example = "substance_free_days_before")]
    pub fact: String,
    /// Of a list the entry at this place, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub item: Option<usize>,
    /// The word that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub is: Option<String>,
    /// The least number that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at_least: Option<i64>,
    /// The greatest number that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at_most: Option<i64>,
}

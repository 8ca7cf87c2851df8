//! The shapes of help lines. A number is only ever data with a date and a mark whether it was confirmed with its service;
//! a country without data gets advice and no number.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The help lines of a country.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CountryHelpLines {
    /// ISO 3166-1 alpha-2.
    #[schema(example = "US")]
    pub country: String,
    /// In the order to show them, the emergency number first.
    pub lines: Vec<HelpLine>,
}

/// A help line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HelpLine {
    /// Derived from list and slug; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The permanent word of the line.
    #[schema(example = "us_988")]
    pub slug: String,
    /// What it is for.
    pub kind: HelpLineKind,
    /// The service's own name.
    #[schema(example = "988 Suicide & Crisis Lifeline")]
    pub name: String,
    /// Number to call from within the country; left out where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "988")]
    pub phone: String,
    /// Number to text; left out where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "988")]
    pub text_to: String,
    /// The word to text; left out where any text will do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text_word: String,
    /// When to use it, or what to do where no number is known.
    pub description: String,
    /// False: general knowledge, not yet confirmed with the service.
    pub verified: bool,
    /// The date on which the line was last looked at.
    #[schema(format = "date", example = "2026-11-22")]
    pub checked_on: String,
}

/// What a help line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HelpLineKind {
    /// Danger to life now.
    Emergency,
    /// Somebody to talk to in a crisis.
    Crisis,
    /// Company while using, with help sent if needed.
    Overdose,
    /// Urgent medical advice.
    Medical,
    /// Finding treatment.
    Treatment,
}

impl HelpLine {
    /// How to reach the line, in words: `call 911`, `call or text 988`, `text HOME to 741741`; a line without a number
    /// answers its advice.
    #[must_use]
    pub fn how_to_reach(&self) -> String {
        let text = match (self.text_word.as_str(), self.text_to.as_str()) {
            (_, "") => None,
            ("", number) => Some(format!("text {number}")),
            (word, number) => Some(format!("text {word} to {number}")),
        };
        match (self.phone.as_str(), text) {
            ("", None) => self.description.clone(),
            ("", Some(text)) => text,
            (phone, None) => format!("call {phone}"),
            (phone, Some(_)) if phone == self.text_to && self.text_word.is_empty() => {
                format!("call or text {phone}")
            }
            (phone, Some(text)) => format!("call {phone} or {text}"),
        }
    }
}

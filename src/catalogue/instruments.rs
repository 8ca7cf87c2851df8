//! The shapes of questionnaires: items, answers, scores and bands, as data. How an assessment is scored from them is not
//! decided here, and no wording is here whose rights are not clear.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A questionnaire. Its scores are words for a range, never a diagnosis.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Instrument {
    /// Derived from list and slug; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The `instrument` of an assessment.
    #[schema(example = "phq9")]
    pub slug: String,
    /// Full name with its short form.
    pub name: String,
    /// The `instrument_version` of an assessment.
    #[schema(example = "1")]
    pub version: String,
    /// What it asks about.
    pub description: String,
    /// How many answers an assessment carries.
    #[schema(example = 9)]
    pub item_count: u32,
    /// Least answer to any item.
    #[schema(example = 0)]
    pub answer_min: u32,
    /// Greatest answer to any item.
    #[schema(example = 3)]
    pub answer_max: u32,
    /// How the scores are made, in words.
    pub scoring: String,
    /// False for a number that a clinician found.
    pub self_report: bool,
    /// What may be done with the wording.
    pub rights: String,
    /// Whether `items` carry their text.
    pub item_text: bool,
    /// The question above the items, word for word; left out where it is not shipped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prompt: String,
    /// Labels of answers, word for word; an answer between two labels may have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerOption>,
    /// The items; left out where neither text nor code is shipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<InstrumentItem>,
    /// Numbers of the items that count in no score.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unscored_items: Vec<u32>,
    /// One score with the slug `total`, or several subscores without a total.
    pub scores: Vec<InstrumentScore>,
}

/// A labelled answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AnswerOption {
    /// The number that an assessment carries.
    pub value: u32,
    /// The label, word for word.
    pub text: String,
}

/// An item of a questionnaire.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstrumentItem {
    /// Its place among the answers, from 1.
    #[schema(example = 1)]
    pub number: u32,
    /// LOINC code of the answer; left out where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "44250-9")]
    pub loinc: String,
    /// The wording, word for word; left out where the rights do not allow it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// A score of a questionnaire: the sum of some answers, times a factor.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstrumentScore {
    /// `total`, or the name of a subscore.
    #[schema(example = "total")]
    pub slug: String,
    /// English name to show.
    pub name: String,
    /// Numbers of the items that are summed, from 1.
    pub items: Vec<u32>,
    /// What the sum is multiplied by.
    #[schema(example = 1)]
    pub multiply_by: u32,
    /// Least score.
    #[schema(example = 0)]
    pub min: u32,
    /// Greatest score.
    #[schema(example = 27)]
    pub max: u32,
    /// LOINC code of the score; left out where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(example = "44261-6")]
    pub loinc: String,
    /// Bands from the least to the greatest score, without hole or overlap.
    pub bands: Vec<ScoreBand>,
}

/// A range of a score that has a name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ScoreBand {
    /// The `band` of an assessment.
    #[schema(example = "moderate")]
    pub slug: String,
    /// Least score of the band.
    pub from: u32,
    /// Greatest score of the band.
    pub to: u32,
    /// English name to show.
    pub name: String,
    /// What may be said of a score in this band.
    #[schema(example = "A score in the range often called moderate.")]
    pub description: String,
}

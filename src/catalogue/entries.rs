//! The catalogue and the shapes of its words, alike in the data files and in the answer. Nothing here is nullable: a member
//! that does not apply is left out. A data file with a member not named here is refused by
//! the loader; the schemas stay open, because answers may gain members.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::help_lines::{CountryHelpLines, HelpLine};
use super::instruments::Instrument;
use super::support_rules::SupportRule;

/// Every built-in vocabulary. Cacheable; the entity tag changes with any of them.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Catalogue {
    /// The newest version among the lists, year and month.
    #[schema(example = "2026-11")]
    pub version: String,
    /// Where each list comes from and when it was last checked.
    pub lists: Vec<ListInfo>,
    /// The closed list of trigger categories.
    pub trigger_categories: Vec<Term>,
    /// Built-in triggers.
    pub triggers: Vec<BuiltInTrigger>,
    /// The closed list of coping skill families.
    pub skill_families: Vec<Term>,
    /// Built-in coping skills.
    pub skills: Vec<BuiltInSkill>,
    /// The closed list of fellowships and group settings of a meeting.
    pub fellowships: Vec<Term>,
    /// Meeting Guide codes that have a name here; the slug is the code. Other codes are kept as they come.
    pub meeting_types: Vec<Term>,
    /// Milestones of clocks and of meetings.
    pub milestones: Vec<CatalogueMilestone>,
    /// Suggestions for the substance or behavior of a clock; other words are accepted.
    pub substances: Vec<SubstanceSuggestion>,
    /// Symptoms of a withdrawal log.
    pub symptoms: Vec<Symptom>,
    /// Questionnaires that an assessment may use.
    pub instruments: Vec<Instrument>,
    /// When a write is answered with support.
    pub support_rules: Vec<SupportRule>,
    /// Codes of other systems for words of ours.
    pub external_codes: Vec<ExternalCode>,
    /// Help lines by country.
    pub help_lines: Vec<CountryHelpLines>,
    /// Advice for every country that `help_lines` does not name.
    pub help_lines_elsewhere: Vec<HelpLine>,
}

/// Where a list comes from.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListInfo {
    /// The list's member name in the catalogue.
    #[schema(example = "triggers")]
    pub list: String,
    /// Year and month of the list's last change.
    #[schema(example = "2026-11")]
    pub version: String,
    /// Whose words and facts these are.
    pub source: String,
    /// The date on which the list was last compared with its source.
    #[schema(format = "date", example = "2026-11-22")]
    pub checked_on: String,
    /// What to know before relying on the list.
    pub note: String,
}

/// A word of a fixed vocabulary.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Term {
    /// Derived from list and slug; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The permanent word that records carry.
    pub slug: String,
    /// English name to show.
    pub name: String,
    /// One sentence more, where it helps.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A built-in trigger.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BuiltInTrigger {
    /// What `trigger_ids` of a craving may carry; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The permanent word; the `name` of the trigger in insights.
    #[schema(example = "boredom")]
    pub slug: String,
    /// Slug of its trigger category.
    #[schema(example = "negative_emotion")]
    pub category: String,
    /// English name to show.
    #[schema(example = "Boredom")]
    pub name: String,
    /// One sentence more, where it helps.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A built-in coping skill.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BuiltInSkill {
    /// What `skill_ids` of a craving may carry; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The permanent word; the `name` of the skill in insights.
    #[schema(example = "urge_surfing")]
    pub slug: String,
    /// Slug of its skill family.
    #[schema(example = "cbt")]
    pub family: String,
    /// English name to show.
    #[schema(example = "Urge surfing")]
    pub name: String,
    /// One sentence more, where it helps.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A milestone, or a row of them when `then_every` is there.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CatalogueMilestone {
    /// Derived from list and slug; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The `code` of a milestone in streaks.
    #[schema(example = "days_90")]
    pub slug: String,
    /// English name to show.
    #[schema(example = "90 days")]
    pub name: String,
    /// What is counted.
    pub unit: MilestoneUnit,
    /// How many of the unit.
    #[schema(example = 90)]
    pub count: u32,
    /// Repeats without end each so many of the unit, with codes of the form `unit_count`; left out for a single milestone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub then_every: u32,
    /// Color of the key tag commonly given in Narcotics Anonymous; left out where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key_tag: String,
}

/// What a milestone counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MilestoneUnit {
    /// Hours since the start of the running span; 24 are reached on the next day.
    Hours,
    /// Civil days since the start.
    Days,
    /// Calendar months since the start.
    Months,
    /// Calendar years since the start.
    Years,
    /// Meetings attended.
    Meetings,
}

/// A suggestion for the substance or behavior of a clock.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubstanceSuggestion {
    /// Derived from list and slug; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// What `substance` of a clock may carry.
    #[schema(example = "fentanyl")]
    pub slug: String,
    /// Which safety texts fit it.
    pub kind: SubstanceKind,
    /// English name to show.
    #[schema(example = "Fentanyl")]
    pub name: String,
    /// One sentence more, where it helps.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Kinds of what a clock counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubstanceKind {
    /// Tolerance falls within days; the overdose texts apply.
    Opioid,
    /// Any other substance.
    Substance,
    /// A behavior.
    Behavior,
}

/// A symptom of a withdrawal log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Symptom {
    /// Derived from list and slug; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The member of a withdrawal log that holds it.
    #[schema(example = "insomnia")]
    pub slug: String,
    /// English name to show.
    #[schema(example = "Trouble sleeping")]
    pub name: String,
    /// Least rating.
    #[schema(example = 0)]
    pub min: u32,
    /// Greatest rating.
    #[schema(example = 4)]
    pub max: u32,
    /// One sentence more, where it helps.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Codes of another system for one of our words.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExternalCode {
    /// Derived from list and slug; the same on every server.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// Our word: a rating of a check-in, or the `kind` of a medication.
    #[schema(example = "buprenorphine_naloxone")]
    pub slug: String,
    /// English name to show.
    pub name: String,
    /// Whose codes they are.
    pub system: CodeSystem,
    /// The codes; a combination has one for each ingredient.
    pub codes: Vec<String>,
    /// False: general knowledge, not yet confirmed at the source.
    pub verified: bool,
}

/// A system of codes that others use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeSystem {
    /// `http://loinc.org`
    Loinc,
    /// `http://www.nlm.nih.gov/research/umls/rxnorm`
    Rxnorm,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the member by reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

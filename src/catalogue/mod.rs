//! The built-in vocabularies: triggers, coping skills, fellowships, meeting codes, milestones, substances, symptoms,
//! instruments, support rules and help lines. They are dated data files compiled into the binary and served as one body that never
//! changes while the process runs. This module refuses nothing at run time and knows no member: it only looks words up.
//!
//! Words of the data files are permanent, because ids are derived from their slugs and live in people's journals.
//! An entry may gain a better name; it never gets another slug and never disappears.

mod entries;
mod help_lines;
mod instruments;
mod load;
mod support_rules;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use uuid::Uuid;

pub use entries::{
    BuiltInSkill, BuiltInTrigger, Catalogue, CatalogueMilestone, CodeSystem, ExternalCode, ListInfo,
    MilestoneUnit, SubstanceKind, SubstanceSuggestion, Symptom, Term,
};
pub use help_lines::{CountryHelpLines, HelpLine, HelpLineKind};
pub use instruments::{AnswerOption, Instrument, InstrumentItem, InstrumentScore, ScoreBand};
pub use load::{LoadError, id_of};
pub use support_rules::{SupportCondition, SupportLevel, SupportRule};

/// The closed list of trigger categories, in the order of `trigger_categories.json`; a test keeps the two equal.
pub const TRIGGER_CATEGORIES: &[&str] = &[
    "negative_emotion",
    "physical_state",
    "positive_emotion",
    "testing_control",
    "urge_or_cue",
    "conflict",
    "social_pressure",
    "positive_social",
    "environment",
];

/// The closed list of coping skill families, in the order of `skill_families.json`; a test keeps the two equal.
pub const SKILL_FAMILIES: &[&str] = &["cbt", "dbt", "support", "body", "meaning"];

/// The closed list of fellowships and group settings, in the order of `fellowships.json`; a test keeps the two equal.
pub const FELLOWSHIPS: &[&str] = &[
    "aa",
    "na",
    "ca",
    "cma",
    "ha",
    "ma",
    "smart",
    "recovery_dharma",
    "refuge_recovery",
    "lifering",
    "women_for_sobriety",
    "celebrate_recovery",
    "mara",
    "dual_recovery",
    "al_anon",
    "nar_anon",
    "families_anonymous",
    "therapy_group",
    "iop_session",
    "alumni",
    "other",
];

/// The closed list of questionnaires, in the order of `instruments.json`; a test keeps the two equal.
pub const INSTRUMENTS: &[&str] = &["phq9", "phq2", "gad7", "gad2", "barc10", "who5", "bam_r", "cows_total"];

/// The catalogue with its answer, made once.
#[derive(Debug, Default)]
struct Loaded {
    catalogue: Catalogue,
    body: Vec<u8>,
    etag: String,
}

static LOADED: LazyLock<Result<Loaded, LoadError>> = LazyLock::new(load::all);
static EMPTY: LazyLock<Loaded> = LazyLock::new(Loaded::default);

/// A server that runs has passed [`Catalogue::load`], so the empty catalogue is never reached in one; it spares every
/// later caller an error that cannot happen any more.
fn loaded() -> &'static Loaded {
    LOADED.as_ref().unwrap_or(&EMPTY)
}

impl Catalogue {
    /// Reads the data files inside the binary, once. To be called at start, which fails with its error.
    ///
    /// # Errors
    /// Names the list that is not valid and why.
    pub fn load() -> Result<&'static Self, &'static LoadError> {
        LOADED.as_ref().map(|loaded| &loaded.catalogue)
    }

    /// The catalogue, for everybody after the start. Empty only if [`Catalogue::load`] fails.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &loaded().catalogue
    }

    /// The body of `GET /v1/catalogue`: JSON in UTF-8, the same bytes at each call.
    #[must_use]
    pub fn body() -> &'static [u8] {
        &loaded().body
    }

    /// The strong entity tag of [`Catalogue::body`], with its quotes.
    #[must_use]
    pub fn etag() -> &'static str {
        &loaded().etag
    }

    /// The built-in trigger with this id.
    #[must_use]
    pub fn trigger(&self, id: Uuid) -> Option<&BuiltInTrigger> {
        self.triggers.iter().find(|trigger| trigger.id == id)
    }

    /// The built-in coping skill with this id.
    #[must_use]
    pub fn skill(&self, id: Uuid) -> Option<&BuiltInSkill> {
        self.skills.iter().find(|skill| skill.id == id)
    }

    /// The instrument with this code, such as `phq9`, in this version.
    #[must_use]
    pub fn instrument(&self, code: &str, version: &str) -> Option<&Instrument> {
        self.instruments.iter().find(|instrument| instrument.slug == code && instrument.version == version)
    }

    /// Whether a clock's substance is known to be an opioid. A person's own word is not.
    #[must_use]
    pub fn is_opioid(&self, substance: &str) -> bool {
        self.substances.iter().any(|known| known.slug == substance && known.kind == SubstanceKind::Opioid)
    }

    /// The codes of another system for one of our words, such as a medication kind.
    #[must_use]
    pub fn external_code(&self, slug: &str) -> Option<&ExternalCode> {
        self.external_codes.iter().find(|code| code.slug == slug)
    }

    /// The help lines of a country (ISO 3166-1 alpha-2, any letter case), the emergency number first. An unknown or
    /// empty country gets advice without a number: a wrong number is worse than none.
    #[must_use]
    pub fn help_lines(&self, country: &str) -> &[HelpLine] {
        self.help_lines
            .iter()
            .find(|known| known.country.eq_ignore_ascii_case(country))
            .map_or(&self.help_lines_elsewhere, |known| &known.lines)
    }
}

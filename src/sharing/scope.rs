//! What a share opens: grants, as the member writes them, and the scope that they come to for one reading.
//!
//! Refuses an empty list, the same thing twice, what is not there to share, rows of figures, and for supporters
//! everything but milestones; every mistake is named at once.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::fields::{Field, Kind, Mistakes, Value, read};
use crate::journal::reading::{Detail, Scope, Span};
use crate::journal::routes::readable::Subject;
use crate::journal::{COLLECTIONS, Collection};

/// Trends and insights.
pub const INSIGHTS: &str = "insights";
/// Clocks with their days, check-in and meeting streaks.
pub const STREAKS: &str = "streaks";
/// Milestones that clocks have reached.
pub const MILESTONES: &str = "milestones";
/// What is shared as figures only.
const FIGURES: [&str; 3] = [INSIGHTS, STREAKS, MILESTONES];
/// Collections that streaks are made of.
const STREAKS_REST_ON: [&str; 6] = ["clocks", "lapses", "check_ins", "meetings", "care_episodes", "goals"];
/// Collections that milestones are made of.
const MILESTONES_REST_ON: [&str; 2] = ["clocks", "lapses"];
/// Most grants of a share.
const MOST: usize = 50;

const DETAILS: &[&str] = &["summary", "entries", "entries_with_notes"];

/// The members of a grant.
pub const FIELDS: &[Field] = &[
    Field::required(
        "collection",
        Kind::Text,
        "A collection of the journal, or `insights` (trends and insights), `streaks` or `milestones`.",
    ),
    Field::required(
        "detail",
        Kind::Choice(DETAILS),
        "`summary`: figures and no rows; `entries`: rows without free text and names; `entries_with_notes`: rows as \
         the member sees them.",
    ),
    Field::optional("from", Kind::Date, "First date that is shared; undated things are shared whole."),
    Field::optional("to", Kind::Date, "Last date that is shared; absent: also what is yet to come."),
];

/// One thing that is shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SharedScope {
    /// A collection of the journal, or `insights`, `streaks`, `milestones`.
    #[schema(example = "cravings")]
    pub collection: String,
    /// `summary`, `entries` or `entries_with_notes`.
    #[schema(example = "entries")]
    pub detail: String,
    /// First date, if it is bounded.
    pub from: Option<NaiveDate>,
    /// Last date, if it is bounded.
    pub to: Option<NaiveDate>,
}

/// Everything that a share opens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants(pub Vec<SharedScope>);

/// What of a share allows a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    /// The grant's name.
    pub collection: String,
    /// How much it shows.
    pub detail: Detail,
    /// For which dates.
    pub span: Span,
}

/// The word for a detail.
#[must_use]
pub const fn detail_word(detail: Detail) -> &'static str {
    match detail {
        Detail::Summary => "summary",
        Detail::Entries => "entries",
        Detail::EntriesWithNotes => "entries_with_notes",
    }
}

impl SharedScope {
    /// How much is shown.
    #[must_use]
    pub fn detail(&self) -> Detail {
        match self.detail.as_str() {
            "entries_with_notes" => Detail::EntriesWithNotes,
            "entries" => Detail::Entries,
            _ => Detail::Summary,
        }
    }

    const fn span(&self) -> Span {
        Span { from: self.from, to: self.to }
    }

    fn grounds(&self, detail: Detail) -> Grounds {
        Grounds { collection: self.collection.clone(), detail, span: self.span() }
    }
}

impl Grants {
    /// Reads `scopes` of a body.
    pub fn read(json: Option<&Json>, for_supporter: bool, mistakes: &mut Mistakes) -> Self {
        let entries = match json {
            None | Some(Json::Null) => {
                mistakes.add("scopes", "required", "must be given");
                return Self::default();
            }
            Some(Json::Array(entries)) if (1..=MOST).contains(&entries.len()) => entries,
            Some(_) => {
                mistakes.add("scopes", "invalid_scopes", format!("must be a list of 1 to {MOST} scopes"));
                return Self::default();
            }
        };
        let mut grants: Vec<SharedScope> = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let mut inner = Mistakes::default();
            let grant = read_one(entry, for_supporter, &mut inner);
            if grants.iter().any(|known| known.collection == grant.collection) {
                inner.add("collection", "repeated", "is named twice");
            }
            mistakes.add_below(&format!("/scopes/{index}"), inner);
            grants.push(grant);
        }
        Self(grants)
    }

    /// The grant of a thing.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&SharedScope> {
        self.0.iter().find(|grant| grant.collection == name)
    }

    /// What allows somebody to be shown a subject; none: nothing does.
    #[must_use]
    pub fn allow(&self, subject: Subject) -> Option<Grounds> {
        match subject {
            Subject::Rows(collection) => {
                let grant = self.of(collection.name).filter(|grant| grant.detail() >= Detail::Entries)?;
                Some(grant.grounds(grant.detail()))
            }
            Subject::Figures { scope, of } => {
                let grant = self.of(scope).or_else(|| of.iter().find_map(|name| self.of(name)))?;
                Some(grant.grounds(Detail::Summary))
            }
        }
    }

    /// The scope in which a subject is read.
    #[must_use]
    pub fn scope(&self, subject: Subject) -> Scope {
        match subject {
            Subject::Rows(collection) => self.own(|name| name == collection.name),
            Subject::Figures { scope, .. } => {
                let mut opened = self.own(|_| true);
                if let Some(grant) = self.of(scope) {
                    for collection in COLLECTIONS.iter().filter(|collection| rests_on(scope, collection.name))
                    {
                        opened.open(collection, Detail::Summary, grant.span());
                    }
                }
                opened
            }
        }
    }

    /// What is open of the collections that are named, and nothing by way of figures.
    #[must_use]
    pub fn named(&self) -> Scope {
        self.own(|_| true)
    }

    /// What is open by way of streaks alone.
    #[must_use]
    pub fn streaks(&self) -> Scope {
        let mut scope = Scope::default();
        if let Some(grant) = self.of(STREAKS) {
            for collection in STREAKS_REST_ON.into_iter().filter_map(Collection::named) {
                scope.open(collection, Detail::Summary, grant.span());
            }
        }
        scope
    }

    /// The collections that are named, as far as they are open.
    fn own(&self, wanted: impl Fn(&str) -> bool) -> Scope {
        let mut scope = Scope::default();
        for grant in self.0.iter().filter(|grant| wanted(&grant.collection)) {
            if let Some(collection) = Collection::named(&grant.collection) {
                scope.open(collection, grant.detail(), grant.span());
            }
        }
        scope
    }
}

/// Whether the figures of a scope are made of a collection.
fn rests_on(scope: &str, collection: &str) -> bool {
    match scope {
        STREAKS => STREAKS_REST_ON.contains(&collection),
        MILESTONES => MILESTONES_REST_ON.contains(&collection),
        _ => true,
    }
}

fn read_one(entry: &Json, for_supporter: bool, mistakes: &mut Mistakes) -> SharedScope {
    let nothing = serde_json::Map::new();
    let object = entry.as_object().unwrap_or_else(|| {
        mistakes.add("collection", "wrong_type", "must be in an object");
        &nothing
    });
    let values = read::body(FIELDS, object, mistakes);
    let text = |index: usize| values.get(index).and_then(Value::text).unwrap_or_default().to_owned();
    let date = |index: usize| values.get(index).and_then(Value::date);
    let (name, detail) = (text(0), text(1));
    let collection = Collection::named(&name);
    let is_figure = FIGURES.contains(&name.as_str());
    if !name.is_empty() && collection.is_none() && !is_figure {
        let known = COLLECTIONS.iter().map(|collection| collection.name).chain(FIGURES);
        let message = format!("must be one of {}", known.collect::<Vec<_>>().join(", "));
        mistakes.add("collection", "unknown_value", message);
    }
    if for_supporter && name != MILESTONES && !name.is_empty() {
        mistakes.add("collection", "milestones_only", "must be milestones in a share for a supporter");
    }
    if is_figure && !detail.is_empty() && detail != "summary" {
        mistakes.add("detail", "summary_only", format!("must be summary: {name} are figures"));
    }
    // What has no date is shared whole, and the consent says so.
    let dated = collection.is_some_and(|collection| collection.dated_by.is_some()) || name == INSIGHTS;
    let (from, to) = (date(2), date(3));
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        mistakes.add("to", "before", "must not be before from");
    }
    SharedScope { collection: name, detail, from: from.filter(|_| dated), to: to.filter(|_| dated) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mistakes_of(json: &Json, for_supporter: bool) -> Vec<(String, &'static str)> {
        let mut mistakes = Mistakes::default();
        Grants::read(Some(json), for_supporter, &mut mistakes);
        mistakes.into_vec().into_iter().map(|mistake| (mistake.pointer, mistake.code)).collect()
    }

    fn grants(json: &Json) -> Grants {
        let mut mistakes = Mistakes::default();
        let grants = Grants::read(Some(json), false, &mut mistakes);
        mistakes.into_result().unwrap();
        grants
    }

    #[test]
    fn every_mistake_of_every_scope_is_named() {
        let bad = json!([
            {"collection": "cravings", "detail": "everything"},
            {"collection": "diary", "detail": "entries", "extra": 1},
            {"collection": "cravings", "detail": "entries", "from": "2026-02-01", "to": "2026-01-31"},
            {"collection": "insights", "detail": "entries"},
            {"detail": "entries"},
            7,
        ]);
        let mut found = mistakes_of(&bad, false);
        found.sort();
        let expected = [
            ("/scopes/0/detail", "unknown_value"),
            ("/scopes/1/collection", "unknown_value"),
            ("/scopes/1/extra", "unknown_member"),
            ("/scopes/2/collection", "repeated"),
            ("/scopes/2/to", "before"),
            ("/scopes/3/detail", "summary_only"),
            ("/scopes/4/collection", "required"),
            ("/scopes/5/collection", "repeated"),
            ("/scopes/5/collection", "required"),
            ("/scopes/5/collection", "wrong_type"),
            ("/scopes/5/detail", "required"),
        ];
        let mut expected: Vec<_> = expected.map(|(pointer, code)| (pointer.to_owned(), code)).to_vec();
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!(mistakes_of(&json!([]), false), [("/scopes".to_owned(), "invalid_scopes")]);
        let supporter = json!([{"collection": "milestones", "detail": "summary"}]);
        assert_eq!(mistakes_of(&supporter, true), []);
        let more = json!([{"collection": "streaks", "detail": "summary"}]);
        assert_eq!(mistakes_of(&more, true), [("/scopes/0/collection".to_owned(), "milestones_only")]);
    }

    #[test]
    fn rows_take_more_than_a_summary() {
        let cravings = Collection::named("cravings").unwrap();
        let summary = grants(&json!([{"collection": "cravings", "detail": "summary"}]));
        assert_eq!(summary.allow(Subject::Rows(cravings)), None);
        let heatmap = Subject::Figures { scope: INSIGHTS, of: &["cravings"] };
        assert_eq!(summary.allow(heatmap).unwrap().collection, "cravings");
        assert_eq!(summary.allow(Subject::Figures { scope: STREAKS, of: &[] }), None);
        let entries = grants(&json!([{"collection": "cravings", "detail": "entries"}]));
        assert_eq!(entries.allow(Subject::Rows(cravings)).unwrap().detail, Detail::Entries);
        let insights = grants(&json!([{"collection": "insights", "detail": "summary"}]));
        assert_eq!(insights.allow(heatmap).unwrap().collection, "insights");
        assert_eq!(insights.allow(Subject::Rows(cravings)), None);
    }
}

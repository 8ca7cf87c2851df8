//! What a collection is, and the registry of all of them.
//!
//! A new collection is one file in `collections/`, a migration for each engine and a line in
//! [`COLLECTIONS`]; everything else follows.

use std::sync::OnceLock;

use super::collections::{
    assessments, care_episodes, check_ins, clocks, contacts, cravings, doses, goals, lapses, medications,
    meetings, plans, sessions, skills, triggers, withdrawal_logs,
};
use super::store::Sql;
use crate::fields::{Field, Kind, Mistakes, Value};

/// Every collection, in the order that the document shows them.
pub static COLLECTIONS: &[&Collection] = &[
    &check_ins::CHECK_INS,
    &cravings::CRAVINGS,
    &triggers::TRIGGERS,
    &skills::SKILLS,
    &meetings::MEETINGS,
    &clocks::CLOCKS,
    &lapses::LAPSES,
    &sessions::SESSIONS,
    &care_episodes::CARE_EPISODES,
    &medications::MEDICATIONS,
    &doses::DOSES,
    &withdrawal_logs::WITHDRAWAL_LOGS,
    &assessments::ASSESSMENTS,
    &contacts::CONTACTS,
    &plans::PLANS,
    &goals::GOALS,
];

/// One kind of journal record.
pub struct Collection {
    /// Plural `snake_case`: the table, and the name in sync and exports.
    pub name: &'static str,
    /// Singular `snake_case`: operation ids and schema names are made from it.
    pub singular: &'static str,
    /// One sentence for people.
    pub about: &'static str,
    /// The members of a record, in the order they are shown.
    pub fields: &'static [Field],
    /// The civil date that lists, days and trends go by; undated collections have none.
    pub dated_by: Option<&'static str>,
    /// Query parameters that filter lists: a field's name, or a list field's name in the singular.
    pub filters: &'static [&'static str],
    /// What must hold between members.
    pub rules: &'static [Rule],
    /// A body as a client would write it, for the document.
    pub example: &'static str,
    /// SQL put together from the fields once.
    pub sql: OnceLock<Sql>,
}

/// What must hold between members.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// The first date is not before the second, where both are given.
    NotBefore(&'static str, &'static str),
    /// The collection's own: it works derived members out and notes what cannot be accepted.
    Own(fn(&mut Values<'_>, &mut Mistakes)),
}

/// The values of a record's fields, by name, for a collection's own rule.
pub struct Values<'a> {
    /// What the fields are.
    pub fields: &'static [Field],
    /// Their values, in the same order.
    pub values: &'a mut [Value],
}

impl Values<'_> {
    /// The value of a field; null if there is no such field.
    #[must_use]
    pub fn get(&self, name: &str) -> &Value {
        let place = self.fields.iter().position(|field| field.name == name);
        place.and_then(|place| self.values.get(place)).unwrap_or(&Value::Null)
    }

    /// Sets the value of a field.
    pub fn set(&mut self, name: &str, value: Value) {
        let place = self.fields.iter().position(|field| field.name == name);
        if let Some(slot) = place.and_then(|place| self.values.get_mut(place)) {
            *slot = value;
        }
    }
}

/// The moment of a record that happens at one.
pub const OCCURRED_AT: Field = Field::required(
    "occurred_at",
    Kind::Moment,
    "When it happened, with the offset from UTC, to the second.",
);

/// The zone of that moment.
pub const TIME_ZONE: Field =
    Field::required("time_zone", Kind::TimeZone, "IANA name of the zone the person was in.");

/// The civil date the person lived then.
pub const LOCAL_DATE: Field = Field::computed(
    "local_date",
    Kind::Date,
    "The civil date the person lived when it happened; every streak and trend goes by it. Worked out from \
     occurred_at, time_zone and the account's day_starts_at when it is not given, and never moved by later \
     zone changes.",
);

/// Free words about the record.
pub const NOTE: Field = Field::optional("note", Kind::Text, "Free words, for nobody else unless shared.");

/// Whether the record is put away.
pub const ARCHIVED: Field =
    Field::optional("archived", Kind::Flag, "Put away: no longer offered, still counted in past figures.");

impl Collection {
    /// The collection called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        COLLECTIONS.iter().find(|collection| collection.name == name).copied()
    }

    /// The path segment: kebab-case.
    #[must_use]
    pub fn path(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The schema's name: `CheckIn`.
    #[must_use]
    pub fn schema_name(&self) -> String {
        self.singular
            .split('_')
            .flat_map(|word| {
                let (first, rest) = word.split_at_checked(1).unwrap_or_default();
                [first.to_uppercase(), rest.to_owned()]
            })
            .collect()
    }

    /// The position of a field.
    #[must_use]
    pub fn position(&self, field: &str) -> Option<usize> {
        self.fields.iter().position(|known| known.name == field)
    }

    /// The field called `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether its records happen at a moment.
    #[must_use]
    pub fn has_moment(&self) -> bool {
        self.position(OCCURRED_AT.name).is_some()
    }

    /// What lists are sorted by, before the id, newest first.
    #[must_use]
    pub fn sort_columns(&self) -> &'static [&'static str] {
        match self.dated_by {
            Some("local_date") if self.has_moment() => &["local_date", "occurred_at"],
            Some("local_date") => &["local_date"],
            Some("used_on") => &["used_on"],
            _ => &["created_at"],
        }
    }

    /// The field behind a filter, and whether it is a list to look into.
    #[must_use]
    pub fn filtered_field(&self, filter: &str) -> Option<(&'static Field, bool)> {
        let list = || self.fields.iter().find(|field| field.name.strip_suffix('s') == Some(filter));
        self.field(filter).map(|field| (field, false)).or_else(|| list().map(|field| (field, true)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn descriptions_hold_together() {
        let mut names = HashSet::new();
        for collection in COLLECTIONS {
            assert!(names.insert(collection.name), "{} stands twice", collection.name);
            let fields: HashSet<_> = collection.fields.iter().map(|field| field.name).collect();
            assert_eq!(fields.len(), collection.fields.len(), "{}: a field stands twice", collection.name);
            for filter in collection.filters {
                assert!(collection.filtered_field(filter).is_some(), "{}: filter {filter}", collection.name);
            }
            for rule in collection.rules {
                if let Rule::NotBefore(later, earlier) = rule {
                    assert!(fields.contains(later) && fields.contains(earlier), "{}", collection.name);
                }
            }
            if let Some(date) = collection.dated_by {
                assert!(matches!(collection.field(date).unwrap().kind, Kind::Date));
            }
            if collection.has_moment() {
                assert_eq!(collection.dated_by, Some("local_date"));
                assert!(fields.contains("time_zone"));
            }
        }
    }

    #[test]
    fn names_follow_from_names() {
        assert_eq!(check_ins::CHECK_INS.path(), "check-ins");
        assert_eq!(check_ins::CHECK_INS.schema_name(), "CheckIn");
        assert_eq!(cravings::CRAVINGS.filtered_field("trigger_id").unwrap().0.name, "trigger_ids");
    }
}

//! The catalogue's rules held against what is known of a record: its own members, and facts beside them.
//!
//! Refuses to guess: a condition about something that is not known is not met.

use crate::catalogue::{Catalogue, SupportCondition, SupportRule};
use crate::fields::Value;
use crate::journal::collection::Collection;
use crate::journal::record::Record;

/// Facts that are worked out beside a record, by the names the rules have for them.
pub type Facts = Vec<(&'static str, Value)>;

/// The rules that a record meets, in the order of the catalogue.
pub fn met(collection: &Collection, record: &Record, facts: &Facts) -> Vec<&'static SupportRule> {
    let holds = |condition: &SupportCondition| {
        let beside = facts.iter().find(|(name, _)| *name == condition.fact).map(|(_, value)| value);
        holds(condition, beside.unwrap_or_else(|| record.value(collection, &condition.fact)))
    };
    of(collection).filter(|rule| rule.when.iter().all(holds)).collect()
}

/// Whether a rule could be met, going by the record's members alone: most records need no further look.
pub fn may_be_met(collection: &Collection, record: &Record) -> bool {
    of(collection).any(|rule| {
        let own = rule.when.iter().filter(|condition| collection.position(&condition.fact).is_some());
        own.into_iter().all(|condition| holds(condition, record.value(collection, &condition.fact)))
    })
}

fn of(collection: &Collection) -> impl Iterator<Item = &'static SupportRule> {
    let name = collection.name;
    Catalogue::builtin().support_rules.iter().filter(move |rule| rule.on == name)
}

fn holds(condition: &SupportCondition, value: &Value) -> bool {
    if let Some(word) = &condition.is {
        return match value {
            Value::Text(text) => text == word,
            Value::Bool(flag) => word == if *flag { "true" } else { "false" },
            _ => false,
        };
    }
    let number = match (value, condition.item) {
        (Value::Int(number), None) => *number,
        (Value::Ints(numbers), Some(place)) => {
            match place.checked_sub(1).and_then(|place| numbers.get(place)) {
                Some(number) => *number,
                None => return false,
            }
        }
        _ => return false,
    };
    let bounded = condition.at_least.is_some() || condition.at_most.is_some();
    bounded
        && condition.at_least.is_none_or(|least| number >= least)
        && condition.at_most.is_none_or(|most| number <= most)
}

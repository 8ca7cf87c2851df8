//! Each rule by itself: where it is met, where not, and at the border; and which facts it asks for.

use serde_json::{Value as Json, json};

use super::rules::{Facts, may_be_met, met};
use crate::catalogue::{Catalogue, SupportLevel};
use crate::clock;
use crate::db::types::Id;
use crate::domain::withdrawal::SYMPTOMS;
use crate::fields::{Mistakes, Value, read};
use crate::journal::{Collection, Record};

/// Facts that are worked out beside a record, and what they look like.
const BESIDE: [(&str, Value); 5] = [
    ("opioid", Value::Bool(true)),
    ("substance_free_days_before", Value::Int(0)),
    ("naltrexone_ended", Value::Bool(true)),
    ("symptom_total", Value::Int(0)),
    ("alone", Value::Bool(true)),
];

fn record(collection: &'static Collection, body: &Json) -> Record {
    let mut mistakes = Mistakes::default();
    let mut values = read::read(collection.fields, body.as_object().unwrap(), None, &mut mistakes);
    read::settle(collection.fields, &mut values, &mut Mistakes::default());
    assert!(mistakes.is_empty(), "{body}");
    let now = clock::now().into();
    Record { id: Id(clock::new_random_id()), revision: 2, created_at: now, updated_at: now, values }
}

/// The rules that a record meets with these facts beside it.
fn rules(on: &str, body: &Json, facts: &[(&'static str, Value)]) -> Vec<&'static str> {
    let collection = Collection::named(on).unwrap();
    let (record, facts) = (record(collection, body), Facts::from(facts));
    let met: Vec<&str> = met(collection, &record, &facts).iter().map(|rule| rule.slug.as_str()).collect();
    assert!(met.is_empty() || may_be_met(collection, &record), "{met:?} would not be looked for");
    met
}

fn level(slug: &str) -> SupportLevel {
    Catalogue::builtin().support_rules.iter().find(|rule| rule.slug == slug).unwrap().level
}

#[test]
fn thoughts_of_self_harm_are_heard() {
    let with = |instrument: &str, item_9: i64| {
        let answers = [3, 3, 3, 3, 3, 3, 3, 3, item_9];
        rules("assessments", &json!({"instrument": instrument, "answers": answers}), &[])
    };
    assert_eq!(with("phq9", 0), [""; 0], "however high the sum");
    assert_eq!(with("phq9", 1), ["phq9_item_9"]);
    assert_eq!(with("phq9", 2), ["phq9_item_9_often"]);
    assert_eq!(with("phq9", 3), ["phq9_item_9_often"]);
    assert_eq!(with("barc10", 3), [""; 0], "the ninth item of another instrument");
    let two = json!({"instrument": "phq9", "answers": [3, 3]});
    assert_eq!(rules("assessments", &two, &[]), [""; 0], "no ninth answer");
    assert_eq!(level("phq9_item_9"), SupportLevel::Elevated);
    assert_eq!(level("phq9_item_9_often"), SupportLevel::Urgent);
}

#[test]
fn an_overdose_is_urgent_whatever_else_is_known() {
    assert_eq!(rules("lapses", &json!({"kind": "overdose"}), &[]), ["overdose"]);
    for kind in [json!("lapse"), json!("return_to_use"), Json::Null] {
        assert_eq!(rules("lapses", &json!({"kind": kind}), &[]), [""; 0], "{kind}");
    }
    assert_eq!(level("overdose"), SupportLevel::Urgent);
}

#[test]
fn tolerance_falls_after_three_days_without_opioids() {
    let after = |opioid: bool, days: i64| {
        let facts = [("opioid", Value::Bool(opioid)), ("substance_free_days_before", Value::Int(days))];
        rules("lapses", &json!({}), &facts)
    };
    assert_eq!(after(true, 2), [""; 0]);
    assert_eq!(after(true, 3), ["opioid_lapse_tolerance"]);
    assert_eq!(after(true, 4_000), ["opioid_lapse_tolerance"]);
    assert_eq!(after(false, 4_000), [""; 0], "another substance");
    assert_eq!(rules("lapses", &json!({}), &[]), [""; 0], "a clock that nobody knows");
    assert_eq!(level("opioid_lapse_tolerance"), SupportLevel::Elevated);
}

#[test]
fn tolerance_falls_after_naltrexone() {
    let after = |opioid: bool, ended: bool| {
        rules(
            "lapses",
            &json!({}),
            &[("opioid", Value::Bool(opioid)), ("naltrexone_ended", Value::Bool(ended))],
        )
    };
    assert_eq!(after(true, true), ["opioid_lapse_after_naltrexone"]);
    assert_eq!(after(true, false), [""; 0]);
    assert_eq!(after(false, true), [""; 0], "another substance");
    assert_eq!(level("opioid_lapse_after_naltrexone"), SupportLevel::Elevated);
}

#[test]
fn strong_withdrawal_is_answered() {
    let total = |total: i64| rules("withdrawal_logs", &json!({}), &[("symptom_total", Value::Int(total))]);
    assert_eq!(total(25), [""; 0]);
    assert_eq!(total(26), ["withdrawal_severe"], "half of 13 × 4");
    assert_eq!(level("withdrawal_severe"), SupportLevel::Elevated);
    let alone = |symptom: &str, strength: i64| rules("withdrawal_logs", &json!({symptom: strength}), &[]);
    for symptom in SYMPTOMS {
        assert_eq!(alone(symptom, 2), [""; 0], "{symptom}");
        let rule = format!("withdrawal_{symptom}");
        let wanted: &[&str] =
            if ["hallucinations", "paranoia", "vomiting"].contains(&symptom) { &[&rule] } else { &[] };
        assert_eq!(alone(symptom, 3), wanted, "{symptom}");
        assert_eq!(alone(symptom, 4), wanted, "{symptom}");
    }
    let both = rules("withdrawal_logs", &json!({"vomiting": 4, "paranoia": 3}), &[]);
    assert_eq!(both, ["withdrawal_paranoia", "withdrawal_vomiting"]);
}

#[test]
fn the_strongest_cravings_alone_are_answered() {
    let craving = |intensity: i64, alone: bool| {
        rules("cravings", &json!({"intensity": intensity}), &[("alone", Value::Bool(alone))])
    };
    assert_eq!(craving(8, true), [""; 0]);
    assert_eq!(craving(9, true), ["craving_alone"]);
    assert_eq!(craving(10, true), ["craving_alone"]);
    assert_eq!(craving(10, false), [""; 0], "somebody is there");
    assert_eq!(level("craving_alone"), SupportLevel::Info);
}

#[test]
fn every_rule_can_be_met_and_speaks_kindly() {
    let rules = &Catalogue::builtin().support_rules;
    assert_eq!(rules.len(), 10);
    for rule in rules {
        let collection = Collection::named(&rule.on).expect("a collection");
        assert!(!rule.reason.is_empty() && !rule.advice.is_empty(), "{}", rule.slug);
        for condition in &rule.when {
            let own = collection.position(&condition.fact).is_some();
            let beside = BESIDE.iter().find(|(name, _)| *name == condition.fact);
            assert!(own != beside.is_some(), "{}: nobody knows {}", rule.slug, condition.fact);
            let asks = [condition.is.is_some(), condition.at_least.or(condition.at_most).is_some()];
            assert_eq!(asks.iter().filter(|asked| **asked).count(), 1, "{}: {}", rule.slug, condition.fact);
            if let Some((_, Value::Bool(_))) = beside {
                assert_eq!(condition.is.as_deref(), Some("true"), "{}", rule.slug);
            }
        }
    }
    // Free words are no facts.
    for rule in rules {
        let collection = Collection::named(&rule.on).unwrap();
        let scanned = rule.when.iter().filter_map(|condition| collection.field(&condition.fact));
        assert!(scanned.into_iter().all(|field| !field.is_text()), "{}", rule.slug);
    }
}

//! No answer under a share holds a value outside its scope: random journals whose every word, id and odd number is
//! a marker, random shares, every endpoint, every answer searched.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value as Json, json};

use super::life::{client, days_ago, pair, share};
use crate::support::{Client, Collection, Contract, Server, both, collections};

both!(nothing_outside_the_scope_is_in_any_answer);

/// Journals tried on each database.
const ROUNDS: u64 = 6;

/// A marker: a text that stands nowhere else, and what it stands for.
struct Marker {
    text: String,
    collection: String,
    days_ago: i64,
    is_word: bool,
}

/// A word that stands nowhere else.
fn word(dice: &mut Rng) -> String {
    let letters: String = (0..16).map(|_| dice.lowercase()).collect();
    format!("zq{letters}")
}

/// Puts a marker into every free text of a body.
fn marked(collection: &Collection, days: i64, dice: &mut Rng, markers: &mut Vec<Marker>) -> Json {
    let mut body = collection.full();
    for (name, schema) in collection.fields() {
        let kind = |schema: &Json| {
            let is = |kind: &str| schema["type"] == kind || schema["type"][0] == kind;
            is("string") && schema["maxLength"] == 20_000
        };
        let mut mark = || {
            let text = word(dice);
            let collection = collection.name();
            markers.push(Marker { text: text.clone(), collection, days_ago: days, is_word: true });
            json!(text)
        };
        if kind(schema) {
            body[name] = mark();
        } else if kind(&schema["items"]) {
            body[name] = json!([mark(), mark()]);
        }
    }
    let date = days_ago(days);
    if body.get("occurred_at").is_some() {
        body["occurred_at"] = json!(format!("{date}T12:00:00Z"));
        body["time_zone"] = json!("UTC");
    }
    for name in ["local_date", "used_on"] {
        if collection.fields().any(|(known, _)| known == name) {
            body[name] = json!(date);
        }
    }
    if body.get("resumed_on").is_some() {
        body["resumed_on"] = json!(date);
    }
    body
}

fn is_dated(collection: &str) -> bool {
    let found = collections::all().into_iter().find(|known| known.name() == collection).unwrap();
    let is_date = |(name, _): (&str, &Json)| name == "local_date" || name == "used_on";
    found.fields().any(is_date)
}

/// A journal: three records of each collection on days of their own, each with its markers.
fn journal(member: &Client, dice: &mut Rng) -> Vec<Marker> {
    let mut markers = Vec::new();
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let order = |collection: &Collection| {
        let first = ["triggers", "skills", "clocks", "medications", "contacts", "care_episodes"];
        first.iter().position(|name| *name == collection.name()).unwrap_or(first.len())
    };
    let mut all = collections::all();
    all.sort_by_key(order);
    for collection in all {
        for _ in 0..3 {
            let days = dice.i64(0..40);
            let mut body = marked(&collection, days, dice, &mut markers);
            for (field, of) in [
                ("clock_id", "clocks"),
                ("medication_id", "medications"),
                ("care_episode_id", "care_episodes"),
                ("trigger_ids", "triggers"),
                ("skill_ids", "skills"),
                ("contact_ids", "contacts"),
            ] {
                if collection.fields().any(|(name, _)| name == field) {
                    let one = dice.choice(&ids[of]).unwrap().clone();
                    body[field] = if field.ends_with('s') { json!([one]) } else { json!(one) };
                }
            }
            let id = member.post(collection.path, &body).expect(201).id().to_owned();
            // An id may be told by a record that refers to it; of these it is the referring record's own.
            let referred = order(&collection) < 6;
            if !referred {
                let (text, name) = (id.clone(), collection.name());
                markers.push(Marker { text, collection: name, days_ago: days, is_word: false });
            }
            ids.entry(collection.name()).or_default().push(id);
        }
    }
    markers
}

/// Whether a marker may be in an answer under these scopes.
fn may_show(marker: &Marker, scopes: &[Json]) -> bool {
    let Some(scope) = scopes.iter().find(|scope| scope["collection"] == marker.collection.as_str()) else {
        return false;
    };
    let detail = scope["detail"].as_str().unwrap();
    let date = days_ago(marker.days_ago);
    let within = |bound: &Json, holds: &dyn Fn(&str) -> bool| bound.as_str().is_none_or(holds);
    let in_span = !is_dated(&marker.collection)
        || within(&scope["from"], &|from| from <= date.as_str())
            && within(&scope["to"], &|to| date.as_str() <= to);
    let far_enough = if marker.is_word { detail == "entries_with_notes" } else { detail != "summary" };
    in_span && far_enough
}

fn random_scopes(dice: &mut Rng) -> Vec<Json> {
    let mut scopes = Vec::new();
    for collection in collections::all() {
        if dice.f32() < 0.5 {
            let detail = *dice.choice(&["summary", "entries", "entries_with_notes"]).unwrap();
            let mut scope = json!({"collection": collection.name(), "detail": detail});
            if dice.bool() {
                scope["from"] = json!(days_ago(dice.i64(10..30)));
            }
            if dice.bool() {
                scope["to"] = json!(days_ago(dice.i64(0..10)));
            }
            scopes.push(scope);
        }
    }
    for name in ["insights", "streaks", "milestones"] {
        if dice.bool() || scopes.is_empty() {
            scopes.push(json!({"collection": name, "detail": "summary"}));
        }
    }
    scopes
}

fn nothing_outside_the_scope_is_in_any_answer(server: &Server) {
    let (mut searched, mut shown) = (0, 0);
    for round in 0..ROUNDS {
        let mut dice = Rng::with_seed(40 + round);
        let (member, counselor) = pair(server);
        let markers = journal(&member, &mut dice);
        let scopes = random_scopes(&mut dice);
        let id = share(&member, &counselor, &json!(scopes));
        let ids = |path: &str| -> Vec<String> {
            let own = member.get(&format!("/v1/{path}"));
            own.items().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
        };
        let mut paths = vec!["/v1/clients".to_owned()];
        for operation in &Contract::get().operations {
            let Some(below) = operation.path.strip_prefix("/v1/clients/{share_id}/") else { continue };
            if let Some(collection) = below.strip_suffix("/{id}") {
                let own = ids(collection);
                paths.extend(own.iter().map(|one| client(&id, &format!("{collection}/{one}"))));
                continue;
            }
            paths.push(client(&id, below));
            let figures = below == "trends" || below.starts_with("insights");
            let early = if below == "brief" { "since" } else { "from" };
            if figures || below == "brief" {
                paths.push(client(&id, &format!("{below}?{early}={}", days_ago(60))));
            }
        }
        for path in paths {
            let answer = counselor.get(&path);
            let own_id = path.rsplit('/').next().unwrap_or_default().to_owned();
            let text = String::from_utf8_lossy(&answer.bytes).into_owned();
            searched += 1;
            for marker in &markers {
                // What was asked by its id may be named in the refusal of nothing: it is the caller's own word.
                if text.contains(&marker.text) && !(answer.status >= 400 && marker.text == own_id) {
                    assert!(
                        may_show(marker, &scopes),
                        "round {round}: a marker of {} {} days ago is in {path} under {scopes:?}:\n{answer:?}",
                        marker.collection,
                        marker.days_ago
                    );
                    shown += 1;
                }
            }
            let headers: String = answer.headers.iter().map(|(_, value)| value.as_str()).collect();
            assert!(!markers.iter().any(|marker| headers.contains(&marker.text)), "{answer:?}");
        }
        // What is open is there, or the search would prove nothing.
        for scope in &scopes {
            let name = scope["collection"].as_str().unwrap();
            if scope["detail"] == "entries_with_notes" {
                let path = client(&id, &format!("{}?limit=200", name.replace('_', "-")));
                let text = String::from_utf8_lossy(&counselor.get(&path).expect(200).bytes).into_owned();
                for marker in markers.iter().filter(|marker| marker.collection == name) {
                    assert_eq!(
                        text.contains(&marker.text),
                        may_show(marker, &scopes),
                        "{name}: {}",
                        marker.text
                    );
                }
            }
        }
    }
    assert!(searched > 300 && shown > 30, "{searched} answers, {shown} markers in them");
}

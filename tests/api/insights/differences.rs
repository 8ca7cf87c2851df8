//! Two JSON values side by side: where they differ, by JSON pointer.

use serde_json::{Map, Value as Json};

use crate::support::matching::same;

/// The places that differ: pointer, the one value, the other.
pub fn differences(one: &Json, other: &Json) -> Vec<(String, Json, Json)> {
    let mut found = Vec::new();
    compare("", &keyed(one), &keyed(other), &mut found);
    found
}

fn compare(at: &str, one: &Json, other: &Json, found: &mut Vec<(String, Json, Json)>) {
    match (one, other) {
        (Json::Object(left), Json::Object(right)) => {
            let names = left.keys().chain(right.keys().filter(|name| !left.contains_key(*name)));
            for name in names {
                // A member that is not there is not the same as one that is null.
                let missing = Json::String("nothing".to_owned());
                let member = |side: &Map<String, Json>| side.get(name).cloned().unwrap_or(missing.clone());
                compare(&format!("{at}/{name}"), &member(left), &member(right), found);
            }
        }
        (Json::Array(left), Json::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(&format!("{at}/{index}"), left, right, found);
            }
        }
        _ if same(one, other) => {}
        _ => found.push((at.to_owned(), one.clone(), other.clone())),
    }
}

/// Lists of things that have a name of their own become objects: their order is nobody's promise.
fn keyed(value: &Json) -> Json {
    match value {
        Json::Array(list) => {
            let names: Option<Vec<String>> = list.iter().map(name).collect();
            match names {
                Some(names) if !names.is_empty() => {
                    let members: Map<String, Json> = names.into_iter().zip(list.iter().map(keyed)).collect();
                    assert_eq!(members.len(), list.len(), "something is listed twice: {value}");
                    members.into()
                }
                _ => list.iter().map(keyed).collect(),
            }
        }
        Json::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), keyed(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn name(entry: &Json) -> Option<String> {
    let text = |member: &str| entry[member].as_str().map(str::to_owned);
    let ids = ["clock_id", "trigger_id", "skill_id", "medication_id", "goal_id", "id"];
    let one =
        text("start").zip(text("care_episode_id")).map(|(week, episode)| format!("{episode} in {week}"));
    one.or_else(|| ids.iter().find_map(|id| text(id)))
        .or_else(|| Some(format!("{} on {}", text("factor")?, text("outcome")?)))
        .or_else(|| Some(format!("{} at {}", entry["weekday"].as_u64()?, entry["hour"].as_u64()?)))
}

#[test]
fn differences_are_found_where_they_are() {
    use serde_json::json;
    let one = json!({"a": [{"clock_id": "x", "n": 1}, {"clock_id": "y", "n": 2.0}], "b": [1, 2], "c": null});
    let other = json!({"a": [{"clock_id": "y", "n": 2}, {"clock_id": "x", "n": 3}], "b": [1], "d": 0.5});
    let places: Vec<String> = differences(&one, &other).into_iter().map(|(at, _, _)| at).collect();
    assert_eq!(places, ["/a/x/n", "/b", "/c", "/d"]);
}

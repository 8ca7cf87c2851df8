//! What the schema macro writes with `oneOf` and `allOf`, said plainly: client generators trip over both.
//!
//! An optional object becomes a reference to a schema that may be null itself; flattened members become
//! members.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// Named schemas, each without `oneOf` and `allOf`, as far as the first leads to them. One that cannot be said
/// plainly is left as it is; the document's own test finds it.
pub fn tidy(parts: Vec<(String, RefOr<Schema>)>) -> Vec<(String, RefOr<Schema>)> {
    let written: BTreeMap<String, Json> = parts
        .iter()
        .map(|(name, schema)| (name.clone(), serde_json::to_value(schema).unwrap_or_default()))
        .collect();
    let mut nullable = BTreeSet::new();
    let plain: Vec<(String, Json)> = parts
        .iter()
        .map(|(name, _)| {
            let mut schema = written.get(name).cloned().unwrap_or_default();
            flatten(&mut schema, &written);
            unwrap_options(&mut schema, &mut nullable);
            (name.clone(), schema)
        })
        .collect();
    let needed = reached(&plain);
    plain
        .into_iter()
        .zip(parts)
        .filter(|((name, _), _)| needed.contains(name))
        .map(|((name, mut schema), (_, original))| {
            if let Some(members) = schema.as_object_mut().filter(|_| nullable.contains(&name)) {
                members.insert("type".to_owned(), json!(["object", "null"]));
            }
            let schema = serde_json::from_value(schema).unwrap_or(original);
            (name, schema)
        })
        .collect()
}

/// The first schema, and every one that it refers to. One whose members went into another is not among them.
fn reached(plain: &[(String, Json)]) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<String> = plain.first().map(|(name, _)| name.clone()).into_iter().collect();
    while let Some(name) = ahead.pop() {
        for (_, schema) in plain.iter().filter(|(known, _)| *known == name) {
            references(schema, &mut ahead);
        }
        ahead.retain(|next| *next != name && !reached.contains(next));
        reached.insert(name);
    }
    reached
}

fn references(schema: &Json, into: &mut Vec<String>) {
    match schema {
        Json::Object(members) => {
            let target = members.get("$ref").and_then(Json::as_str);
            into.extend(target.map(|target| target.trim_start_matches(PREFIX).to_owned()));
            members.values().for_each(|member| references(member, into));
        }
        Json::Array(entries) => entries.iter().for_each(|entry| references(entry, into)),
        _ => {}
    }
}

const PREFIX: &str = "#/components/schemas/";

/// Replaces "null or this reference" by the reference, and notes the schema as one that may be null.
fn unwrap_options(schema: &mut Json, nullable: &mut BTreeSet<String>) {
    match schema {
        Json::Object(members) => {
            let target = members.get("oneOf").and_then(optional_reference).map(str::to_owned);
            if let Some(target) = target {
                nullable.insert(target.trim_start_matches(PREFIX).to_owned());
                *schema = json!({"$ref": target});
                return;
            }
            members.values_mut().for_each(|member| unwrap_options(member, nullable));
        }
        Json::Array(entries) => entries.iter_mut().for_each(|entry| unwrap_options(entry, nullable)),
        _ => {}
    }
}

fn optional_reference(one_of: &Json) -> Option<&str> {
    match one_of.as_array()?.as_slice() {
        [null, reference] | [reference, null] if null["type"] == "null" => reference["$ref"].as_str(),
        _ => None,
    }
}

/// Replaces `allOf` of objects by one object with all their members.
fn flatten(schema: &mut Json, written: &BTreeMap<String, Json>) {
    let Some(all) = schema.get("allOf").and_then(Json::as_array) else { return };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in all {
        let named = part["$ref"].as_str().and_then(|target| written.get(target.trim_start_matches(PREFIX)));
        let part = named.unwrap_or(part);
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    let mut members = Map::new();
    members.extend(schema.get("description").map(|text| ("description".to_owned(), text.clone())));
    members.insert("type".to_owned(), json!("object"));
    members.insert("properties".to_owned(), Json::Object(properties));
    members.insert("required".to_owned(), Json::Array(required));
    *schema = Json::Object(members);
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use utoipa::ToSchema;

    use crate::http::route::NamedSchema;

    #[derive(Serialize, ToSchema)]
    struct Inner {
        a: u32,
    }

    #[derive(Serialize, ToSchema)]
    struct Flat {
        b: u32,
    }

    #[derive(Serialize, ToSchema)]
    struct Outer {
        inner: Option<Inner>,
        #[serde(flatten)]
        flat: Flat,
    }

    #[test]
    fn options_and_flattened_members_are_said_plainly() {
        let parts = NamedSchema::of::<Outer>().parts;
        let written =
            serde_json::to_value(parts.into_iter().collect::<std::collections::BTreeMap<_, _>>()).unwrap();
        let text = written.to_string();
        assert!(!text.contains("oneOf") && !text.contains("allOf"), "{written:#}");
        assert_eq!(written["Outer"]["properties"]["inner"]["$ref"], "#/components/schemas/Inner");
        assert_eq!(written["Inner"]["type"], serde_json::json!(["object", "null"]));
        assert_eq!(written["Outer"]["properties"]["b"]["type"], "integer");
        assert_eq!(written["Outer"]["required"], serde_json::json!(["b"]));
        assert_eq!(written.get("Flat"), None, "nothing refers to it any more");
    }
}

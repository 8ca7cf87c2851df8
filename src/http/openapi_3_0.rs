//! The same document for tools that read OpenAPI 3.0: a pure rewriting of the 3.1 one.
//!
//! It touches schemas and the few places where the two versions differ, and never examples, defaults or
//! values of enums, which may look like schemas.

use serde_json::{Map, Value as Json, json};

/// Keywords of 3.1 schemas that 3.0 does not have and that only narrow or annotate.
const UNKNOWN: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "propertyNames",
    "patternProperties",
    "unevaluatedProperties",
    "contentSchema",
];

/// Rewrites a 3.1 document.
#[must_use]
pub fn rendition(mut document: Json) -> Json {
    if let Json::Object(members) = &mut document {
        members.insert("openapi".into(), json!("3.0.3"));
        members.remove("webhooks");
        members.remove("jsonSchemaDialect");
        if let Some(Json::Object(info)) = members.get_mut("info") {
            info.remove("summary");
            if let Some(Json::Object(license)) = info.get_mut("license") {
                license.remove("identifier");
            }
        }
    }
    walk(&mut document);
    document
}

/// Looks for schemas.
fn walk(value: &mut Json) {
    match value {
        Json::Array(entries) => entries.iter_mut().for_each(walk),
        Json::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("example" | "examples", _) => {}
                    ("schema", member) => schema(member),
                    ("schemas", Json::Object(named)) => named.values_mut().for_each(schema),
                    (_, member) => walk(member),
                }
            }
        }
        _ => {}
    }
}

/// Rewrites a schema and those inside it.
fn schema(value: &mut Json) {
    let Json::Object(members) = value else { return };
    if let Some(reference) = members.get("$ref").cloned() {
        // 3.0 ignores whatever stands beside a reference, and linters complain of it.
        *members = Map::from_iter([("$ref".to_owned(), reference)]);
        return;
    }
    for keyword in UNKNOWN {
        members.remove(*keyword);
    }
    nullable(members);
    exclusive(members, "exclusiveMinimum", "minimum");
    exclusive(members, "exclusiveMaximum", "maximum");
    if let Some(value) = members.remove("const") {
        members.insert("enum".into(), json!([value]));
    }
    if let Some(Json::Array(examples)) = members.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        members.entry("example").or_insert(first);
    }
    let encoded = members.remove("contentEncoding").is_some();
    if members.remove("contentMediaType").is_some() || encoded {
        members.entry("format").or_insert(json!(if encoded { "byte" } else { "binary" }));
    }
    for (name, member) in members {
        match (name.as_str(), member) {
            ("properties", Json::Object(properties)) => properties.values_mut().for_each(schema),
            ("items" | "additionalProperties" | "not", member) => schema(member),
            _ => {}
        }
    }
}

/// `"type": ["string", "null"]` becomes `"type": "string", "nullable": true`. A null among the values of an
/// enum stays: 3.0.3 asks for it where null is meant to be allowed.
fn nullable(members: &mut Map<String, Json>) {
    let Some(Json::Array(types)) = members.get("type") else { return };
    let null = types.iter().any(|kind| kind == "null");
    let mut others: Vec<Json> = types.iter().filter(|kind| *kind != "null").cloned().collect();
    // More than one type cannot be said in 3.0; no type then means any.
    match others.pop().filter(|_| others.is_empty()) {
        Some(only) => members.insert("type".into(), only),
        None => members.remove("type"),
    };
    if null {
        members.insert("nullable".into(), json!(true));
    }
}

fn exclusive(members: &mut Map<String, Json>, bound: &str, inclusive: &str) {
    if let Some(limit) = members.get(bound).filter(|limit| limit.is_number()).cloned() {
        members.insert(inclusive.into(), limit);
        members.insert(bound.into(), json!(true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_schema(schema: Json) -> Json {
        let mut document = json!({"openapi": "3.1.0", "components": {"schemas": {}}});
        document["components"]["schemas"]["S"] = schema;
        rendition(document)["components"]["schemas"]["S"].clone()
    }

    #[test]
    fn nullable_types() {
        assert_eq!(
            of_schema(json!({"type": ["string", "null"]})),
            json!({"type": "string", "nullable": true})
        );
        assert_eq!(of_schema(json!({"type": "string"})), json!({"type": "string"}));
        assert_eq!(of_schema(json!({"type": ["integer"]})), json!({"type": "integer"}));
        assert_eq!(of_schema(json!({"type": ["string", "integer"]})), json!({}));
        assert_eq!(
            of_schema(json!({"type": ["string", "null"], "enum": ["a", null]})),
            json!({"type": "string", "nullable": true, "enum": ["a", null]})
        );
    }

    #[test]
    fn schemas_inside_schemas() {
        assert_eq!(
            of_schema(json!({
                "type": "object",
                "properties": {
                    "type": {"type": ["string", "null"]},
                    "const": {"type": "array", "items": {"const": 1}},
                },
                "additionalProperties": {"exclusiveMinimum": 0},
            })),
            json!({
                "type": "object",
                "properties": {
                    "type": {"type": "string", "nullable": true},
                    "const": {"type": "array", "items": {"enum": [1]}},
                },
                "additionalProperties": {"minimum": 0, "exclusiveMinimum": true},
            })
        );
        assert_eq!(of_schema(json!({"additionalProperties": false})), json!({"additionalProperties": false}));
    }

    #[test]
    fn keywords() {
        assert_eq!(
            of_schema(json!({"exclusiveMaximum": 5})),
            json!({"maximum": 5, "exclusiveMaximum": true})
        );
        assert_eq!(of_schema(json!({"examples": ["a", "b"]})), json!({"example": "a"}));
        assert_eq!(of_schema(json!({"examples": ["b"], "example": "a"})), json!({"example": "a"}));
        assert_eq!(of_schema(json!({"contentMediaType": "application/pdf"})), json!({"format": "binary"}));
        assert_eq!(of_schema(json!({"contentEncoding": "base64"})), json!({"format": "byte"}));
        assert_eq!(of_schema(json!({"$ref": "#/x", "description": "y"})), json!({"$ref": "#/x"}));
        assert_eq!(of_schema(json!({"propertyNames": {}, "title": "t"})), json!({"title": "t"}));
    }

    #[test]
    fn the_frame_and_nothing_that_only_looks_like_a_schema() {
        let content = json!({"schema": {"type": ["string", "null"]}, "example": {"schema": {"const": 1}}});
        let document = json!({
            "openapi": "3.1.0",
            "info": {"title": "t", "summary": "s", "license": {"name": "MIT", "identifier": "MIT"}},
            "webhooks": {},
            "paths": {"/schema": {"get": {
                "parameters": [{"name": "schemas", "schema": {"type": ["integer", "null"]}}],
                "responses": {"200": {"content": {"application/json": content}}},
            }}},
        });
        let older = rendition(document);
        assert_eq!(older["openapi"], "3.0.3");
        assert_eq!(older["info"], json!({"title": "t", "license": {"name": "MIT"}}));
        assert_eq!(older.get("webhooks"), None);
        let get = &older["paths"]["/schema"]["get"];
        assert_eq!(get["parameters"][0]["schema"], json!({"type": "integer", "nullable": true}));
        let content = &get["responses"]["200"]["content"]["application/json"];
        assert_eq!(content["schema"], json!({"type": "string", "nullable": true}));
        assert_eq!(content["example"], json!({"schema": {"const": 1}}));
    }
}

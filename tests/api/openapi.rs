//! The document itself: committed as the code says it, in forms that generators digest, complete.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::support::collections::example;
use crate::support::contract::escape;
use crate::support::server::program;
use crate::support::{Contract, Server, both};

both!(the_server_serves_what_is_committed);

fn committed(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi").join(name);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("openapi/{name}: {error}"))
}

#[test]
fn the_committed_documents_are_what_the_code_says() {
    let directory = tempfile::tempdir().unwrap();
    let written = program(directory.path()).arg("openapi").output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    for name in ["openapi.json", "openapi-3.0.json"] {
        let fresh = fs::read_to_string(directory.path().join("openapi").join(name)).unwrap();
        assert!(
            fresh == committed(name),
            "openapi/{name} is not what the code says: run `cargo run -- openapi`"
        );
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is written");
}

fn the_server_serves_what_is_committed(server: &Server) {
    for (path, name) in [("/openapi.json", "openapi.json"), ("/openapi-3.0.json", "openapi-3.0.json")] {
        let answer = server.anybody().get(path);
        let committed: Json = serde_json::from_str(&committed(name)).unwrap();
        assert!(answer.expect(200).json == committed, "{path} is not openapi/{name}");
        server.anybody().request("GET", path).header("If-None-Match", answer.etag()).send().expect(304);
    }
}

/// Every object of a JSON document with its pointer.
fn walk<'a>(at: &str, json: &'a Json, visit: &mut impl FnMut(&str, &'a serde_json::Map<String, Json>)) {
    match json {
        Json::Object(members) => {
            visit(at, members);
            for (name, member) in members {
                walk(&format!("{at}/{}", escape(name)), member, visit);
            }
        }
        Json::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                walk(&format!("{at}/{index}"), entry, visit);
            }
        }
        _ => {}
    }
}

#[test]
fn generators_digest_it() {
    for name in ["openapi.json", "openapi-3.0.json"] {
        let document: Json = serde_json::from_str(&committed(name)).unwrap();
        let mut references = BTreeSet::new();
        walk("", &document, &mut |at, members| {
            // Examples may hold anything.
            if at.contains("/example") {
                return;
            }
            for word in
                ["oneOf", "anyOf", "allOf", "not", "discriminator", "$defs", "if", "patternProperties"]
            {
                assert!(!members.contains_key(word) || at.ends_with("/properties"), "{name}: {word} at {at}");
            }
            if let Some(reference) = members.get("$ref").and_then(Json::as_str) {
                references.insert(reference.to_owned());
            }
            let is_object =
                members.get("type").is_some_and(|kind| kind == "object") && !at.ends_with("/properties");
            let named = at.split('/').count() == 4 && at.starts_with("/components/schemas/");
            assert!(!is_object || named, "{name}: an object without a name at {at}");
        });
        for reference in references {
            let pointer = reference.strip_prefix('#').expect("no reference leaves the document");
            assert!(document.pointer(pointer).is_some(), "{name}: {reference} leads nowhere");
        }
    }
    let older: Json = serde_json::from_str(&committed("openapi-3.0.json")).unwrap();
    assert!(older["openapi"].as_str().unwrap().starts_with("3.0."), "{}", older["openapi"]);
    walk("", &older, &mut |at, members| {
        let listed = members.get("type").is_some_and(Json::is_array);
        assert!(at.contains("/example") || !listed, "3.0 knows no list of types: {at}");
    });
    let paths = |document: &Json| document["paths"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(&older), paths(Contract::get().document));
}

#[test]
fn operations_read_as_method_names_and_are_documented_in_full() {
    let contract = Contract::get();
    let document = contract.document;
    assert_eq!(document["openapi"].as_str().map(|version| &version[..4]), Some("3.1."));
    let mut names = HashSet::new();
    for operation in &contract.operations {
        let (id, spec) = (&operation.id, operation.spec);
        let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(!id.is_empty() && id.chars().all(snake), "{id:?} of {} {}", operation.method, operation.path);
        assert!(names.insert(id), "{id} stands twice");
        for words in ["summary", "description"] {
            assert!(spec[words].as_str().is_some_and(|text| text.len() > 3), "{id} has no {words}");
        }
        assert_eq!(spec["tags"].as_array().map(Vec::len), Some(1), "{id} has no tag");
        for (index, step) in operation.path.split('/').enumerate().filter(|(_, step)| step.starts_with('{')) {
            let name = step.trim_matches(['{', '}']);
            let parameters =
                spec["parameters"].as_array().unwrap_or_else(|| panic!("{id} has no parameters"));
            let known = parameters
                .iter()
                .any(|one| one["name"] == name && one["in"] == "path" && one["required"] == true);
            assert!(known, "{id} does not document {step}, step {index}");
        }
        let responses = spec["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id} documents no success");
        if operation.path.starts_with("/v1/") {
            assert!(responses.contains_key("503"), "{id} does not say that the server may be busy");
        }
        if !spec["security"].as_array().is_none_or(Vec::is_empty) {
            assert!(responses.contains_key("401"), "{id} does not document 401");
        }
        assert_bodies_are_shown(operation.id.as_str(), spec);
    }
}

/// A body has a named schema and an example that fits it.
fn assert_bodies_are_shown(id: &str, spec: &'static Json) {
    let contract = Contract::get();
    let bodies = std::iter::once(("body", &spec["requestBody"])).chain(
        spec["responses"].as_object().unwrap().iter().map(|(status, answer)| (status.as_str(), answer)),
    );
    for (which, body) in bodies {
        let body = contract.resolve(body);
        for (media_type, content) in body["content"].as_object().into_iter().flatten() {
            let reference = content["schema"]["$ref"].as_str();
            let reference =
                reference.unwrap_or_else(|| panic!("{id}: the schema of {which} ({media_type}) has no name"));
            let shown = example(content, contract.resolve(&content["schema"]));
            let complaints = contract.complaints(reference.strip_prefix('#').unwrap(), shown);
            assert!(complaints.is_empty(), "{id}: the example of {which}: {}", complaints.join("; "));
        }
    }
}

#[test]
fn a_patch_has_no_defaults_that_a_generated_client_would_send() {
    let schemas = Contract::get().document["components"]["schemas"].as_object().unwrap();
    let mut patches = 0;
    for (name, schema) in schemas.iter().filter(|(name, _)| name.ends_with("Patch")) {
        patches += 1;
        walk("", schema, &mut |at, members| {
            assert!(at.ends_with("/properties") || !members.contains_key("default"), "{name}{at}");
        });
    }
    assert!(patches > 7, "{patches} patches");
}

#[test]
fn the_problem_schema_lists_every_code() {
    let contract = Contract::get();
    let problem = &contract.document["components"]["schemas"]["Problem"];
    let listed = contract.resolve(&problem["properties"]["code"]).to_string();
    for code in recovery_journal::error::Code::ALL {
        assert!(listed.contains(code.as_str()), "{} is not in the problem schema: {listed}", code.as_str());
        let snake = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(code.as_str().chars().all(snake), "{}", code.as_str());
    }
}

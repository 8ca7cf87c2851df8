//! The journal's collections as the document has them: whatever takes PUT at `/v1/<name>/{id}` is one.

use serde_json::{Map, Value as Json};

use super::Contract;
use super::contract::escape;

/// One collection.
#[derive(Clone, Copy)]
pub struct Collection {
    /// Its path, such as `/v1/check-ins`.
    pub path: &'static str,
    /// The schema of a record to write.
    pub write: &'static Json,
    /// Where that schema is in the document.
    pub pointer: &'static str,
    /// The document's example of a record to write.
    pub example: &'static Json,
}

/// Every collection of the document.
pub fn all() -> Vec<Collection> {
    let contract = Contract::get();
    let takes_put = |path: &str| {
        let item = format!("{path}/{{id}}");
        contract.operations.iter().any(|operation| operation.path == item && operation.method == "PUT")
    };
    let posts = contract.operations.iter().filter(|operation| operation.method == "POST");
    let found: Vec<Collection> = posts
        .filter(|operation| takes_put(&operation.path))
        .map(|operation| {
            let body = &operation.spec["requestBody"]["content"]["application/json"];
            let reference = body["schema"]["$ref"].as_str().expect("a named schema");
            let pointer = reference.strip_prefix('#').expect("a reference into the document");
            let write = contract.resolve(&body["schema"]);
            Collection { path: &operation.path, write, pointer, example: example(body, write) }
        })
        .collect();
    assert!(found.len() >= 16, "the document has only {} collections", found.len());
    found
}

/// The collection at a path.
pub fn at(path: &str) -> Collection {
    all().into_iter().find(|collection| collection.path == path).unwrap_or_else(|| panic!("no {path}"))
}

/// The example of a body: its own, or its schema's.
pub fn example(body: &'static Json, schema: &'static Json) -> &'static Json {
    let named =
        body["examples"].as_object().and_then(|examples| examples.values().next()).map(|one| &one["value"]);
    let candidates = [Some(&body["example"]), named, Some(&schema["example"]), schema["examples"].get(0)];
    candidates.into_iter().flatten().find(|example| !example.is_null()).expect("an example for every body")
}

impl Collection {
    /// The name, such as `check_ins`.
    pub fn name(&self) -> String {
        self.path.trim_start_matches("/v1/").replace('-', "_")
    }

    /// The path of a record.
    pub fn item(&self, id: &str) -> String {
        format!("{}/{id}", self.path)
    }

    /// The fields of a record to write, with their schemas.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &'static Json)> + use<> {
        let members: &'static Map<String, Json> = self.write["properties"].as_object().expect("properties");
        members.iter().map(|(name, schema)| (name.as_str(), schema)).filter(|(name, _)| *name != "id")
    }

    /// Where the schema of a field is in the document.
    pub fn field_pointer(&self, field: &str) -> String {
        format!("{}/properties/{}", self.pointer, escape(field))
    }

    /// Whether a field must be given: it stands among the required ones, or takes no null, because only a listed
    /// meeting can give it instead.
    pub fn requires(&self, field: &str) -> bool {
        let listed = self.write["required"].as_array().into_iter().flatten().any(|name| name == field);
        listed || self.fields().any(|(name, schema)| name == field && schema["type"].is_string())
    }

    /// The least that can be written.
    pub fn minimal(&self) -> Json {
        let members = self.example.as_object().expect("an object").clone();
        members.into_iter().filter(|(name, _)| self.requires(name)).collect::<Map<_, _>>().into()
    }

    /// The whole example, without an id.
    pub fn full(&self) -> Json {
        let mut members = self.example.as_object().expect("an object").clone();
        members.remove("id");
        members.into()
    }
}

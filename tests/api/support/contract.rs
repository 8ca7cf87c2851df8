//! The committed OpenAPI document, and the check of every answer against it: the status is documented, the
//! body is what the document says, the headers that every answer has are there.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value as Json, json};

use super::Answer;

const ADDRESS: &str = "urn:recovery-journal:openapi";

/// The document.
pub struct Contract {
    /// As committed.
    pub document: &'static Json,
    /// Its operations, in the order of their paths.
    pub operations: Vec<Operation>,
    registry: &'static Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// One operation of the document.
pub struct Operation {
    /// In upper case.
    pub method: String,
    /// With `{parameters}`.
    pub path: String,
    /// `operationId`.
    pub id: String,
    /// What the document says of it.
    pub spec: &'static Json,
}

impl Contract {
    /// The committed document.
    pub fn get() -> &'static Self {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);
        &CONTRACT
    }

    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
        let text = fs::read_to_string(&path).expect("openapi/openapi.json: run `cargo run -- openapi`");
        // For as long as the tests run: validators borrow from it.
        let document: &'static Json = Box::leak(Box::new(serde_json::from_str(&text).expect("JSON")));
        let registry = Registry::new().draft(Draft::Draft202012).add(ADDRESS, document).expect("a resource");
        let registry = Box::leak(Box::new(registry.prepare().expect("a document whose references resolve")));
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, spec) in item.as_object().expect("operations") {
                if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                    let id = spec["operationId"].as_str().unwrap_or_default().to_owned();
                    operations.push(Operation {
                        method: method.to_uppercase(),
                        path: path.clone(),
                        id,
                        spec,
                    });
                }
            }
        }
        assert!(!operations.is_empty(), "the document has no operation");
        Self { document, operations, registry, validators: Mutex::default() }
    }

    /// Follows a reference, if this is one.
    pub fn resolve(&self, schema: &'static Json) -> &'static Json {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').expect("a reference into the document");
                self.resolve(
                    self.document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere")),
                )
            }
            None => schema,
        }
    }

    /// The operation that a request is for.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let path = self.template(path)?;
        self.operations.iter().find(|operation| operation.path == path && operation.method == method)
    }

    /// The document's path that a path of a request is one of; a literal one before one with parameters.
    fn template(&self, path: &str) -> Option<&str> {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |template: &str| {
            let (mut wanted, mut given) = (template.split('/'), path.split('/'));
            loop {
                match (wanted.next(), given.next()) {
                    (None, None) => return true,
                    (Some(wanted), Some(given))
                        if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
                    _ => return false,
                }
            }
        };
        let templates = self.operations.iter().map(|operation| operation.path.as_str());
        templates.filter(|template| fits(template)).min_by_key(|template| template.matches('{').count())
    }

    /// What is wrong with a value by the schema at a JSON pointer of the document, a line each.
    pub fn complaints(&self, pointer: &str, value: &Json) -> Vec<String> {
        let validator = self.validator(pointer);
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let fragment = pointer.replace('%', "%25").replace('{', "%7B").replace('}', "%7D");
            let schema = json!({"$ref": format!("{ADDRESS}#{fragment}")});
            let options = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .with_registry(self.registry)
                .should_validate_formats(true);
            Arc::new(
                options.build(&schema).unwrap_or_else(|error| panic!("the schema at {pointer}: {error}")),
            )
        };
        Arc::clone(validators.entry(pointer.to_owned()).or_insert_with(make))
    }

    /// Fails unless the answer is one that the document promises.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, answer: &Answer) {
        Self::check_headers(path, answer);
        if path.starts_with("/counselor") || path.starts_with("/account/") {
            // Pages are for people; `pages::browser` knows what they promise.
            return;
        }
        if answer.status >= 400 {
            Self::check_problem(answer);
        }
        if path.starts_with("/docs") {
            return;
        }
        let Some(template) = self.template(path) else {
            // Not a path of the document: nothing but a refusal may come, and some refusals (408, 431)
            // come before the path is looked at.
            assert!(answer.status >= 400, "an undocumented path answers: {answer:?}");
            return;
        };
        let Some(operation) = self.operation(method, path) else {
            let before = [400, 408, 413, 431, 503].contains(&answer.status);
            assert!(before || answer.status == 405, "{method} is not a method of {template}: {answer:?}");
            return;
        };
        let responses = &operation.spec["responses"];
        let documented = &responses[answer.status.to_string()];
        assert!(
            !documented.is_null(),
            "{} does not document status {}: {answer:?}",
            operation.id,
            answer.status
        );
        let (prefix, documented) = match documented["$ref"].as_str().and_then(|to| to.strip_prefix('#')) {
            Some(pointer) => (pointer.to_owned(), self.document.pointer(pointer).expect("a response")),
            None => (
                format!(
                    "/paths/{}/{}/responses/{}",
                    escape(&operation.path),
                    method.to_lowercase(),
                    answer.status
                ),
                documented,
            ),
        };
        let Some(content) = documented["content"].as_object().filter(|content| !content.is_empty()) else {
            assert!(answer.bytes.is_empty(), "{} documents no body: {answer:?}", operation.id);
            return;
        };
        let media_type = answer.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default();
        assert!(
            content.contains_key(media_type),
            "{} does not document {media_type}: {answer:?}",
            operation.id
        );
        if media_type.ends_with("json") {
            let pointer = format!("{prefix}/content/{}/schema", escape(media_type));
            let complaints = self.complaints(&pointer, &answer.json);
            assert!(
                complaints.is_empty(),
                "not what {pointer} says:\n  {}\n{answer:?}",
                complaints.join("\n  ")
            );
        }
    }

    /// What every answer has, a refusal too.
    #[track_caller]
    fn check_headers(path: &str, answer: &Answer) {
        let header = |name| answer.header(name).unwrap_or_default();
        assert_eq!(header("x-content-type-options"), "nosniff", "{answer:?}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{answer:?}");
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src") && policy.contains("frame-ancestors 'none'"), "{answer:?}");
        if !["/docs", "/counselor", "/account/"].iter().any(|pages| path.starts_with(pages)) {
            assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'", "{answer:?}");
        }
        assert_eq!(answer.header("server"), None, "{answer:?}");
        let public = ["/v1/catalogue", "/v1/meta"].iter().any(|public| path.starts_with(public));
        // The crisis card alone may be kept, by the device of the person whose it is.
        let kept = path == "/v1/support" && [200, 304].contains(&answer.status);
        if path.starts_with("/v1/") && !public {
            let wanted = if kept { "private, no-cache, stale-if-error=2592000" } else { "no-store" };
            assert_eq!(header("cache-control"), wanted, "{answer:?}");
        }
    }

    /// What every refusal is: RFC 9457, with a code of the table, and nothing of the inside.
    #[track_caller]
    fn check_problem(answer: &Answer) {
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
        let problem = &answer.json;
        assert_eq!(problem["status"], answer.status, "{answer:?}");
        for member in ["type", "title", "detail", "code", "request_id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "no {member}: {answer:?}");
        }
        assert_ne!(answer.status, 500, "{answer:?}");
        let text = String::from_utf8_lossy(&answer.bytes).to_lowercase();
        for inside in ["sqlite", "postgres", "diesel", "panicked", "src/"] {
            assert!(!text.contains(inside), "the inside shows ({inside}): {answer:?}");
        }
    }
}

/// Escapes a step of a JSON pointer.
pub fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

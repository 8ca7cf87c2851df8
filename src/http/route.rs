//! One registry of routes: a [`Route`] is a handler and its documentation in one place, so that no path can
//! be served and not documented, or documented and not served.

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{FromRequest, Responder};
use serde_json::Value as Json;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::router::Handler;
use crate::error::Code;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// A signed-in account of any role.
    Account,
    /// A signed-in member, in their own journal.
    Member,
    /// A signed-in counselor.
    Counselor,
}

/// A parameter in the path, the query or a header.
#[derive(Clone)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// `path`, `query` or `header`.
    pub place: &'static str,
    /// Its schema.
    pub schema: Schema,
    /// One sentence.
    pub about: &'static str,
}

/// A schema by its name, with the schemas it refers to.
#[derive(Clone)]
pub struct NamedSchema {
    /// The name in `components.schemas`.
    pub name: String,
    /// The schema and those it needs.
    pub parts: Vec<(String, RefOr<Schema>)>,
    /// An example.
    pub example: Option<Json>,
}

impl NamedSchema {
    /// The schema of a type of ours.
    #[must_use]
    pub fn of<T: ToSchema>() -> Self {
        let mut parts = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut parts);
        Self { name: T::name().into_owned(), parts: super::tidy::tidy(parts), example: None }
    }

    /// The same with an example.
    #[must_use]
    pub fn with_example(mut self, example: Json) -> Self {
        self.example = Some(example);
        self
    }
}

/// Makes a schema when a document is made. All of them are megabytes and half of the work of a start, and no worker
/// shows a document.
pub type SchemaOf = Rc<dyn Fn() -> NamedSchema>;

/// A request body.
#[derive(Clone, Default)]
pub struct RequestBody {
    /// Accepted media types, each with what it holds.
    pub contents: Vec<(&'static str, SchemaOf)>,
    /// Whether a request may come without one.
    pub optional: bool,
}

/// An answer that is not a problem.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// One sentence.
    pub about: &'static str,
    /// Media type and schema, if it has a body.
    pub body: Option<(&'static str, SchemaOf)>,
}

/// A path, a method, its handler and its documentation.
pub struct Route {
    /// GET, POST, …
    pub method: Method,
    /// Path with `{parameters}`.
    pub path: String,
    /// The handler.
    pub handler: Handler,
    /// `operationId`: reads as a method name.
    pub operation_id: String,
    /// The group in the document.
    pub tag: &'static str,
    /// One line.
    pub summary: String,
    /// More words, or none.
    pub description: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its body.
    pub body: Option<RequestBody>,
    /// Its answers.
    pub answers: Vec<Answer>,
    /// Problems beyond those that follow from access, parameters and body.
    pub problems: Vec<Code>,
}

impl Route {
    /// A route with its handler; the rest is added by the methods below.
    pub fn new<F, Args>(
        method: Method,
        path: impl Into<String>,
        operation_id: impl Into<String>,
        handler: F,
    ) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Self {
            method,
            path: path.into(),
            handler: Handler::new(handler),
            operation_id: operation_id.into(),
            tag: "",
            summary: String::new(),
            description: "",
            access: Access::Member,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// A page or a file of one: served like a route, and in no document.
    pub fn page<F, Args>(method: Method, path: impl Into<String>, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Self::new(method, path, "", handler)
    }

    /// Names the group and says in a line what the operation does.
    #[must_use]
    pub fn says(mut self, tag: &'static str, summary: impl Into<String>) -> Self {
        self.tag = tag;
        self.summary = summary.into();
        self
    }

    /// Says more.
    #[must_use]
    pub fn describes(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Opens the route to others than members.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Adds parameters.
    #[must_use]
    pub fn parameters(mut self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn takes(self, schema: impl Fn() -> NamedSchema + 'static) -> Self {
        self.takes_as("application/json", schema)
    }

    /// Sets a JSON body that may be left out.
    #[must_use]
    pub fn may_take(self, schema: impl Fn() -> NamedSchema + 'static) -> Self {
        let mut this = self.takes(schema);
        this.body.get_or_insert_default().optional = true;
        this
    }

    /// Adds a body of another media type.
    #[must_use]
    pub fn takes_as(mut self, media_type: &'static str, schema: impl Fn() -> NamedSchema + 'static) -> Self {
        self.body.get_or_insert_default().contents.push((media_type, Rc::new(schema)));
        self
    }

    /// Sets a merge patch as the body.
    #[must_use]
    pub fn takes_patch(self, schema: impl Fn() -> NamedSchema + Clone + 'static) -> Self {
        self.takes_as("application/merge-patch+json", schema.clone()).takes(schema)
    }

    /// Adds an answer with a JSON body.
    #[must_use]
    pub fn answers(
        self,
        status: u16,
        about: &'static str,
        schema: impl Fn() -> NamedSchema + 'static,
    ) -> Self {
        self.answers_as("application/json", status, about, schema)
    }

    /// Adds an answer with a body of another media type.
    #[must_use]
    pub fn answers_as(
        mut self,
        media_type: &'static str,
        status: u16,
        about: &'static str,
        schema: impl Fn() -> NamedSchema + 'static,
    ) -> Self {
        self.answers.push(Answer { status, about, body: Some((media_type, Rc::new(schema))) });
        self
    }

    /// Adds an answer without a body.
    #[must_use]
    pub fn answers_empty(mut self, status: u16, about: &'static str) -> Self {
        self.answers.push(Answer { status, about, body: None });
        self
    }

    /// Adds problems of its own.
    #[must_use]
    pub fn refuses(mut self, problems: &[Code]) -> Self {
        self.problems.extend_from_slice(problems);
        self
    }
}

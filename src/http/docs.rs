//! The API's documents and a page to read and try them: everything comes from inside the binary, and the
//! page asks nobody else for anything.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value as Json;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema};
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::route::{Access, NamedSchema, Route};
use super::router::PathPart;
use super::{openapi, openapi_3_0, reply};
use crate::error::{Error, Result};

/// What the page may do: load its own files, show pictures inside its style sheet, call this server.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const CACHED_FOR_AN_HOUR: &str = "public, max-age=3600";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Recovery Journal API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript. The same as JSON: <a href="openapi.json">openapi.json</a></noscript>
<div id="docs"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"#;

/// Starts the page. No validator and no query configuration: both would let another site in.
const START: &str = r##"SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  displayOperationId: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  queryConfigEnabled: false,
  validatorUrl: null
});
"##;

/// Files of the page that are served; the rest of the package is not needed.
const FILES: &[&str] = &["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"];

/// Both documents, made when they are first asked for so that they do not delay the start.
#[derive(Clone)]
pub struct Documents(Arc<Inner>);

struct Inner {
    routes: fn() -> Vec<Route>,
    made: OnceLock<[Document; 2]>,
}

struct Document {
    bytes: web::Bytes,
    etag: String,
}

impl Document {
    fn of(json: &Json) -> Self {
        let bytes = web::Bytes::from(json.to_string());
        let etag = format!("\"{}\"", reply::fingerprint(&bytes));
        Self { bytes, etag }
    }
}

impl Documents {
    /// The documents of these routes.
    #[must_use]
    pub fn new(routes: fn() -> Vec<Route>) -> Self {
        Self(Arc::new(Inner { routes, made: OnceLock::new() }))
    }

    /// The documents; made when they are first asked for, away from the threads that answer requests, because it takes
    /// a twentieth of a second.
    async fn get(&self) -> Result<&[Document; 2]> {
        if self.0.made.get().is_none() {
            let this = self.clone();
            web::block(move || this.made().len()).await.map_err(Error::internal)?;
        }
        Ok(self.made())
    }

    fn made(&self) -> &[Document; 2] {
        self.0.made.get_or_init(|| {
            let current = openapi::json(&(self.0.routes)());
            let older = openapi_3_0::rendition(current.clone());
            [Document::of(&current), Document::of(&older)]
        })
    }
}

/// The documents themselves.
#[must_use]
pub fn routes() -> Vec<Route> {
    let schema = || {
        let anything: Schema = ObjectBuilder::new()
            .description(Some("An OpenAPI document."))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into();
        let name = "OpenapiDocument".to_owned();
        let example = serde_json::json!({"openapi": "3.1.0"});
        NamedSchema { name: name.clone(), parts: vec![(name, anything.into())], example: Some(example) }
    };
    vec![
        Route::new(Method::GET, "/openapi.json", "get_openapi", get_openapi)
            .says("operation", "This document")
            .describes("The contract, for client generators and for people to read.")
            .access(Access::Public)
            .answers(200, "OpenAPI 3.1.", schema)
            .answers_empty(304, "The caller has it already."),
        Route::new(Method::GET, "/openapi-3.0.json", "get_openapi_3_0", get_openapi_3_0)
            .says("operation", "This document for older tools")
            .describes("The same contract as `/openapi.json`, said in OpenAPI 3.0.")
            .access(Access::Public)
            .answers(200, "OpenAPI 3.0.3.", schema)
            .answers_empty(304, "The caller has it already."),
    ]
}

/// The page and its files. They are not part of the API, so the documents do not list them.
#[must_use]
pub fn pages() -> Vec<Route> {
    vec![
        Route::page(Method::GET, "/docs", page),
        Route::page(Method::GET, "/docs/", page_elsewhere),
        Route::page(Method::GET, "/docs/{file}", page_file),
    ]
}

async fn get_openapi(request: HttpRequest, documents: web::Data<Documents>) -> Result<HttpResponse> {
    let [current, _] = documents.get().await?;
    Ok(document(&request, current))
}

async fn get_openapi_3_0(request: HttpRequest, documents: web::Data<Documents>) -> Result<HttpResponse> {
    let [_, older] = documents.get().await?;
    Ok(document(&request, older))
}

fn document(request: &HttpRequest, document: &Document) -> HttpResponse {
    let etag = document.etag.as_str();
    if reply::none_match(request.headers(), etag) {
        return HttpResponse::NotModified()
            .insert_header((header::ETAG, etag))
            .insert_header((header::CACHE_CONTROL, CACHED_FOR_AN_HOUR))
            .finish();
    }
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, CACHED_FOR_AN_HOUR))
        .body(document.bytes.clone())
}

async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .body(PAGE)
}

/// The page's links are relative, so that it also works below a proxy's path; they need this form of it.
async fn page_elsewhere() -> HttpResponse {
    HttpResponse::build(StatusCode::PERMANENT_REDIRECT).insert_header((header::LOCATION, "../docs")).finish()
}

async fn page_file(file: PathPart) -> Result<HttpResponse> {
    static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(Arc::default);
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, CACHED_FOR_AN_HOUR));
    if &*file == "start.js" {
        return Ok(answer.content_type("text/javascript; charset=utf-8").body(START));
    }
    if !FILES.contains(&&*file) {
        return Err(Error::not_found());
    }
    let found = utoipa_swagger_ui::serve(&file, Arc::clone(&CONFIG)).map_err(Error::internal)?;
    let SwaggerFile { bytes, content_type, gzpipped, .. } = found.ok_or_else(Error::not_found)?;
    if gzpipped {
        answer.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    let bytes = match bytes {
        Cow::Borrowed(bytes) => web::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Ok(answer.content_type(content_type).body(bytes))
}

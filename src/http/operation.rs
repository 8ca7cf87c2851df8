//! Whether the server lives, whether it can serve, and what it is.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::json;
use tokio::sync::watch;
use utoipa::ToSchema;

use super::reply;
use super::route::{Access, NamedSchema, Route};
use crate::config::{Config, Registration};
use crate::db::{Db, EngineKind, migrations};
use crate::error::{Code, Error, Result};

/// How long the database may take to show that it is there.
const PATIENCE: Duration = Duration::from_secs(2);
/// The oldest schema whose clients this server still understands.
const MIN_CLIENT_SCHEMA_VERSION: usize = 1;

/// Whether the server is closing. Cheap to clone; every clone sees the same.
#[derive(Clone)]
pub struct Closing(watch::Sender<bool>);

impl Default for Closing {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Closing {
    /// From now on the server closes.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it closes.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it closes: for answers that would otherwise never end.
    pub async fn begun(&self) {
        // Fails only when the sender is gone, and this is one.
        drop(self.0.subscribe().wait_for(|begun| *begun).await);
    }
}

/// A state in one word.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`
    #[schema(example = "ok")]
    status: &'static str,
}

/// What this server is.
#[derive(Serialize, ToSchema)]
struct Meta {
    /// `recovery-journal`
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// How many migrations its database has seen; clients compare it with what they were made for.
    #[schema(minimum = 1)]
    schema_version: usize,
    /// The oldest schema version whose clients it still understands.
    #[schema(minimum = 1)]
    min_client_schema_version: usize,
    /// How an account comes to be: `open`, `invite` or `verified`.
    registration: &'static str,
    /// `sqlite` or `postgres`
    database: &'static str,
}

impl Meta {
    fn new(registration: Registration, database: EngineKind) -> Self {
        Self {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            schema_version: migrations::version(),
            min_client_schema_version: MIN_CLIENT_SCHEMA_VERSION,
            registration: registration.as_str(),
            database: match database {
                EngineKind::Sqlite => "sqlite",
                EngineKind::Postgres => "postgres",
            },
        }
    }
}

/// Every route of operation.
#[must_use]
pub fn routes() -> Vec<Route> {
    let health = || NamedSchema::of::<Health>().with_example(json!({"status": "ok"}));
    let meta =
        || NamedSchema::of::<Meta>().with_example(json!(Meta::new(Registration::Open, EngineKind::Sqlite)));
    vec![
        Route::new(Method::GET, "/livez", "get_liveness", livez)
            .says("operation", "Whether the process lives")
            .describes("Answers whatever state the database is in. Restart the server when it does not.")
            .access(Access::Public)
            .answers(200, "It lives.", health),
        Route::new(Method::GET, "/readyz", "get_readiness", readyz)
            .says("operation", "Whether requests can be served")
            .describes(
                "503 while the database cannot be read and while the server closes. Send no requests then.",
            )
            .access(Access::Public)
            .answers(200, "It is ready.", health),
        Route::new(Method::GET, "/v1/meta", "get_meta", get_meta)
            .says("operation", "What this server is")
            .describes(
                "An app asks once at its start, to know whether this server is one that it understands.",
            )
            .access(Access::Public)
            .answers(200, "Its name, version and settings that clients need.", meta),
    ]
}

async fn livez() -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &Health { status: "ok" })
}

async fn readyz(db: web::Data<Db>, closing: web::Data<Closing>) -> Result<HttpResponse> {
    if closing.has_begun() {
        return Err(Error::later(Code::StorageUnavailable, "the server is closing", 5));
    }
    match tokio::time::timeout(PATIENCE, db.check()).await {
        Ok(checked) => checked?,
        Err(_elapsed) => {
            return Err(Error::later(Code::StorageUnavailable, "the database does not answer", 1));
        }
    }
    reply::json_of(StatusCode::OK, &Health { status: "ok" })
}

async fn get_meta(config: web::Data<Config>, db: web::Data<Db>) -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &Meta::new(config.registration, db.kind()))
}

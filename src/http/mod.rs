//! What all routes share: bodies, replies, pages, the envelope around every request, and the document.

pub mod admission;
pub mod body;
pub mod docs;
mod encoding;
pub mod envelope;
pub mod idempotency;
mod mailbox;
pub mod meters;
pub mod openapi;
pub mod openapi_3_0;
pub mod operation;
mod problem_schema;
pub mod query;
pub mod reply;
pub mod route;
pub mod router;
pub mod scrape;
pub mod tidy;
pub mod tls;
pub mod wire;

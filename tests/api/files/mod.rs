//! Exports and imports: what goes out comes in again, on either engine, and what cannot come in changes nothing.

mod commands;
mod exports;
mod fhir;
mod hostile;
mod imports;
mod journals;
mod memory;
mod report;
mod tables;

use serde_json::Value as Json;

use crate::support::{Answer, Client};

/// The export of a journal.
pub fn export(member: &Client) -> Json {
    member.get("/v1/export.json").expect(200).json.clone()
}

/// Imports a file; `query` is what follows `?`.
pub fn import(member: &Client, query: &str, media_type: &str, file: impl Into<Vec<u8>>) -> Answer {
    member
        .request("POST", &format!("/v1/import?{query}"))
        .header("Content-Type", media_type)
        .body(file)
        .send()
}

/// Imports an export.
pub fn import_ours(member: &Client, query: &str, export: &Json) -> Answer {
    import(member, query, "application/json", export.to_string())
}

/// A count of a report.
pub fn count(report: &Answer, what: &str) -> u64 {
    report.expect(200).json["counts"][what].as_u64().expect("a count")
}

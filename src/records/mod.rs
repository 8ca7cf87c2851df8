//! A person's records in open formats: everything out, and in again.
//!
//! | file | what it does |
//! |---|---|
//! | `export` | an export under way: read in one snapshot, handed over piece by piece |
//! | `json`, `tables`, `fhir`, `cells` | the formats: our own, lossless; one CSV a collection in a ZIP; FHIR R4 |
//! | `report` | a few pages to bring to a doctor, as a PDF |
//! | `import` | files into a journal, all or nothing, with a report of every row |
//! | `command` | `recovery-journal export` and `import` |
//! | `routes`, `document` | the routes and their shapes; `store` holds the SQL |
//!
//! Refuses to write half of a file, and to write over what is newer in the journal.

mod cells;
pub mod command;
mod document;
pub mod export;
mod fhir;
pub mod import;
mod json;
pub mod report;
pub mod routes;
mod store;
mod tables;

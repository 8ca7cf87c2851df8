//! The rules of the house, read from the source text: who may import whom, where SQL and HTTP may live,
//! which words are used of people, how long a file may be. Nothing is started here.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod imports;
mod packaging;
mod rooms;
mod sizes;
mod source;
mod tokens;
mod words;

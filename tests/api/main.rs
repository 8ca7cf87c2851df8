//! The API from outside: the real program on a free port, on both databases, every answer held against the
//! committed OpenAPI document. Files are named after the paths they try.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod account;
mod auth;
mod backup;
mod bounded;
mod care;
mod catalogue;
mod days;
mod design;
mod durability;
mod echoes;
mod faults;
mod fields;
mod files;
mod fuzz;
mod insights;
mod known;
mod links;
mod lists;
mod machines;
mod mails;
mod meeting_list;
mod metrics;
mod openapi;
mod operation;
mod overload;
mod pages;
mod planted;
mod records;
mod refresh;
mod requests;
mod rotation;
mod schema;
mod sealing;
mod second_factor;
mod seed;
mod sharing;
mod slow;
mod statements;
mod strangers;
mod streaks;
mod support;
mod support_rules;
mod swapped;
mod sync;
mod throttle;
mod time;
mod tls;
mod tokens;

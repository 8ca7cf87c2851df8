//! Recovery Journal: the backend that recovery apps stand on.

pub mod app;
pub mod auth;
pub mod backup;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod config;
pub mod counselor;
pub mod db;
pub mod demo;
pub mod domain;
pub mod error;
pub mod fields;
pub mod http;
pub mod insights;
pub mod journal;
pub mod mail;
pub mod meeting_list;
pub mod records;
pub mod rotation;
pub mod sharing;
pub mod telemetry;

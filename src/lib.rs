//! Recovery Journal: the backend that recovery apps stand on.

pub mod catalogue;
pub mod clock;
pub mod config;
pub mod db;
pub mod domain;
pub mod error;
pub mod fields;
pub mod http;

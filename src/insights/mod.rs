//! Figures about a journal: loads what a figure needs, asks `domain`, answers through `journal::derived`.

pub mod calendar;
pub mod care;
pub mod cravings;
pub mod examples;
pub mod factors;
pub mod figure;
pub mod goals;
pub mod meetings;
pub mod range;
pub mod routes;
pub mod streaks;
pub mod summary;
pub mod trends;

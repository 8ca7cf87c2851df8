//! Figures about a journal: loads what a figure needs, asks `domain`, answers through `journal::derived`.

pub mod routes;
pub mod streaks;

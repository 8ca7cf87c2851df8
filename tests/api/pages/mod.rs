//! Pages: who gets in, what they show and to whom, and what no page ever has.

pub mod browser;
mod clients;
mod door;

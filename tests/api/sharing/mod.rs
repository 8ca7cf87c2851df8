//! Sharing: consent, reading under it, what is written down about that, and what never leaks.

mod access;
mod caseload;
mod ledger;
pub mod life;
pub mod matrix;
mod races;
mod secrets;
mod shares;

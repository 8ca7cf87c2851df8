//! The same question to many journals at once, each as far as its own reading goes: a caseload costs as many
//! queries as it has questions, not as it has clients.

pub mod store;

use super::reading::{Reading, Span};

/// One of many journals, and the dates that are asked about.
pub struct Each<'a> {
    /// Whose, and how much of it.
    pub reading: Reading<'a>,
    /// The dates.
    pub dates: Span,
}

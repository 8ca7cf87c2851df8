//! One file a collection: its fields, what must hold between them, an example.

pub mod check_ins;
pub mod clocks;
pub mod cravings;
pub mod lapses;
pub mod meetings;
pub mod skills;
pub mod triggers;

//! One file a collection: its fields, what must hold between them, an example.

pub mod assessments;
pub mod care_episodes;
pub mod check_ins;
pub mod clocks;
pub mod contacts;
pub mod cravings;
pub mod doses;
pub mod goals;
pub mod lapses;
pub mod medications;
pub mod meetings;
pub mod plans;
pub mod sessions;
pub mod skills;
pub mod triggers;
pub mod withdrawal_logs;

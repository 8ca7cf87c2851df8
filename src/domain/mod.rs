//! The arithmetic of recovery, pure: dates, exact fractions and counting, and nothing else.
//!
//! Everything here is a function of its arguments. It reads no clock, no store and no environment, imports
//! only `std` and `chrono`, and never divides seconds by 86,400: streaks and trends are civil-date arithmetic
//! on the local date a person lived. Numbers stay exact (integers and fractions) until the one rounding at
//! the end. Identities belong to the caller: what has to be named is generic, or comes back in the order it
//! was given.

pub mod adherence;
pub mod care_plan;
pub mod clocks;
pub mod cravings;
pub mod day;
pub mod day_states;
pub mod decimal;
pub mod factors;
pub mod figure;
pub mod goals;
pub mod lapses;
pub mod meetings;
mod message;
pub mod milestones;
pub mod period;
pub mod ratio;
pub mod streaks;
mod theil_sen;
pub mod trends;
pub mod triggers_and_skills;
pub mod withdrawal;

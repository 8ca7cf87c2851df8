//! The figures: streaks, trends and insights through the real server, beside a slow implementation of the
//! design, a real diary, and one engine beside the other.

mod diary;
pub mod dice;
mod differences;
mod differential;
mod engines;
mod figures;
mod life;
mod questions;
mod slow;
mod tags;

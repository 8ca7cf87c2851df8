//! The lapses of one clock, merged where they overlap.
//!
//! A lapse uses the dates from `used_on` up to (not including) `resumed_on`, that one date if both are equal,
//! and through today while it is open. Lapses before the clock's start count for nothing. Refuses to judge: a
//! lapse here has dates and no name.

use super::day::add_days;
use chrono::NaiveDate;

/// A use after the start of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lapse {
    /// The first date of use.
    pub used_on: NaiveDate,
    /// The date the person resumed; absent while it is open. May lie in the future.
    pub resumed_on: Option<NaiveDate>,
}

/// Lapses that share a used date, as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spell {
    /// The first used date.
    pub(crate) used_on: NaiveDate,
    /// The newest resumption; absent when one of the lapses has none.
    pub(crate) resumed_on: Option<NaiveDate>,
    /// The first date after the used ones.
    pub(crate) until: NaiveDate,
}

impl Spell {
    fn of(lapse: Lapse, today: NaiveDate) -> Self {
        let Lapse { used_on, resumed_on } = lapse;
        // At least its own date, also when it was resumed the same day or is recorded for a date to come.
        let until = resumed_on.unwrap_or(add_days(today, 1)).max(add_days(used_on, 1));
        Self { used_on, resumed_on: resumed_on.map(|day| day.max(used_on)), until }
    }

    fn absorb(&mut self, other: Self) {
        self.until = self.until.max(other.until);
        // Open for as long as one of them is.
        self.resumed_on = self.resumed_on.zip(other.resumed_on).map(|(one, two)| one.max(two));
    }

    /// Whether the person has not resumed by `today`.
    pub(crate) fn is_open(&self, today: NaiveDate) -> bool {
        self.resumed_on.is_none_or(|day| day > today)
    }
}

/// The lapses from `started_on` on, merged, oldest first, their used dates disjoint. Lapses to come are kept.
pub(crate) fn merged(lapses: &[Lapse], started_on: NaiveDate, today: NaiveDate) -> Vec<Spell> {
    let mut counted: Vec<Lapse> =
        lapses.iter().copied().filter(|lapse| lapse.used_on >= started_on).collect();
    counted.sort_unstable();
    let mut spells: Vec<Spell> = Vec::with_capacity(counted.len());
    for spell in counted.into_iter().map(|lapse| Spell::of(lapse, today)) {
        match spells.last_mut() {
            Some(last) if spell.used_on < last.until => last.absorb(spell),
            _ => spells.push(spell),
        }
    }
    spells
}

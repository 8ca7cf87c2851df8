//! Chance that is the same on every run: all of it comes from a seed.

use chrono::{Days, NaiveDate};

/// A generator of the kind called `SplitMix64`.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Mixed once, lest one seed's numbers are the next one's a step later.
        Self(Self(seed).roll())
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `most`, both included.
    pub fn up_to(&mut self, most: u64) -> u64 {
        self.roll() % (most + 1)
    }

    /// Whether something happens that happens so often in a hundred times.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.up_to(99) < chance
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.up_to(from.len() as u64 - 1)).unwrap()].clone()
    }

    /// A few of these, perhaps none; the same one may come twice.
    pub fn some<T: Clone>(&mut self, from: &[T], most: u64) -> Vec<T> {
        let count = if from.is_empty() { 0 } else { self.up_to(most) };
        (0..count).map(|_| self.pick(from)).collect()
    }

    /// A number at most so far from this one.
    pub fn near(&mut self, middle: i64, off: u32) -> i64 {
        middle - i64::from(off) + self.up_to(2 * u64::from(off)).cast_signed()
    }

    /// A date from `before` days before this one to `after` days after it.
    pub fn date(&mut self, around: NaiveDate, before: u64, after: u64) -> NaiveDate {
        around - Days::new(before) + Days::new(self.up_to(before + after))
    }

    /// An id.
    pub fn id(&mut self) -> String {
        let bytes = (u128::from(self.roll()) << 64) | u128::from(self.roll());
        uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid().to_string()
    }

    /// In another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = usize::try_from(self.up_to(last as u64)).unwrap();
            list.swap(last, other);
        }
    }
}

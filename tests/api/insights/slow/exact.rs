//! Fractions of whole numbers: nothing is rounded before the end, and then once, half away from zero.

use std::cmp::Ordering;

use serde_json::Value as Json;

/// A fraction in lowest terms, its denominator above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact {
    above: i128,
    below: i128,
}

impl Exact {
    pub fn new(above: i128, below: i128) -> Self {
        assert!(below != 0, "divided by zero");
        let (mut a, mut b) = (above.abs(), below.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let by = if below < 0 { -a } else { a };
        Self { above: above / by, below: below / by }
    }

    pub fn whole(number: impl TryInto<i128>) -> Self {
        Self::new(number.try_into().unwrap_or_else(|_| panic!("not a number")), 1)
    }

    pub fn plus(self, other: Self) -> Self {
        Self::new(self.above * other.below + other.above * self.below, self.below * other.below)
    }

    pub fn minus(self, other: Self) -> Self {
        self.plus(Self::new(-other.above, other.below))
    }

    pub fn times(self, other: Self) -> Self {
        Self::new(self.above * other.above, self.below * other.below)
    }

    pub fn over(self, other: Self) -> Self {
        Self::new(self.above * other.below, self.below * other.above)
    }

    /// As a JSON number with so many decimals.
    pub fn rounded(self, decimals: u32) -> Json {
        let scale = 10_i128.pow(decimals);
        // Half away from zero: add half a unit to the size, and cut.
        let size = (2 * self.above.abs() * scale + self.below) / (2 * self.below);
        let sign = if self.above < 0 && size != 0 { "-" } else { "" };
        let places = decimals as usize;
        let text = format!("{sign}{}.{:0places$}", size / scale, size % scale);
        serde_json::from_str(&text).expect("a number")
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.above * other.below).cmp(&(other.above * self.below))
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[test]
fn fractions_are_rounded_once_and_half_away_from_zero() {
    let rounded = |above, below, decimals| Exact::new(above, below).rounded(decimals).to_string();
    assert_eq!(rounded(97, 40, 2), "2.43");
    assert_eq!(rounded(-97, 40, 2), "-2.43");
    assert_eq!(rounded(1, 3, 2), "0.33");
    assert_eq!(rounded(-1, 300, 2), "0.0");
    assert_eq!(rounded(2000, 3, 1), "666.7");
    assert!(Exact::new(1, 4) < Exact::new(1, -3).minus(Exact::new(-3, 5)));
}

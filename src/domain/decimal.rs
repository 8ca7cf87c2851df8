//! Non-negative decimal numbers as people write them: `12.50`, of any length, never rounded.
//!
//! Money and doses arrive as text and leave as text. Refuses signs, exponents, thousands separators, a bare
//! point and everything else that is not digits with at most one point between digits.

use std::fmt;
use std::str::FromStr;

/// A non-negative decimal. Two are equal when their values are: `12.5` is `12.50`. Shown with the decimals it
/// came with.
#[derive(Debug, Clone)]
pub struct Decimal {
    /// Digits before the point, without leading zeros: "0" at least.
    whole: String,
    /// Digits after the point, as given; may be empty.
    fraction: String,
}

/// The text is not digits with at most one point between digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotADecimal;

impl Decimal {
    /// The exact product with a whole number, with as many decimals: `10.00` × 396 = `3960.00`.
    #[must_use]
    pub fn times(&self, factor: u32) -> Self {
        let mut product = Vec::new();
        let mut carry = 0_u64;
        for digit in self.whole.bytes().chain(self.fraction.bytes()).rev() {
            carry += u64::from(digit - b'0') * u64::from(factor);
            product.push(last_digit(carry));
            carry /= 10;
        }
        while carry > 0 {
            product.push(last_digit(carry));
            carry /= 10;
        }
        let fraction = product.iter().take(self.fraction.len()).rev().collect();
        let whole: String = product.iter().skip(self.fraction.len()).rev().collect();
        Self { whole: without_leading_zeros(&whole), fraction }
    }

    /// Digits after the point that say something.
    fn significant_fraction(&self) -> &str {
        self.fraction.trim_end_matches('0')
    }
}

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(NotADecimal),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(NotADecimal);
        }
        Ok(Self { whole: without_leading_zeros(whole), fraction: fraction.to_owned() })
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.whole == other.whole && self.significant_fraction() == other.significant_fraction()
    }
}

impl Eq for Decimal {}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)?;
        if self.fraction.is_empty() { Ok(()) } else { write!(f, ".{}", self.fraction) }
    }
}

impl fmt::Display for NotADecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal is digits with at most one point between them, like 12.50")
    }
}

impl std::error::Error for NotADecimal {}

fn without_leading_zeros(digits: &str) -> String {
    let trimmed = digits.trim_start_matches('0');
    if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
}

fn last_digit(number: u64) -> char {
    char::from_digit(u32::try_from(number % 10).unwrap_or(0), 10).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn money_is_multiplied_exactly() {
        let vectors = [
            ("10.00", 396, "3960.00", "the worked example of the streaks answer"),
            ("12.5", 8, "100.0", "as many decimals as the cost has"),
            ("0.1", 3, "0.3", "floats say 0.30000000000000004"),
            ("7", 0, "0", "no day kept yet"),
            ("10.00", 0, "0.00", "no day kept yet, in cents"),
            ("0.001", 1000, "1.000", "the point moves past the leading zeros"),
            ("0.005", 1, "0.005", "zeros after the point stay"),
            ("9.99", 36_500, "364635.00", "a hundred years: 10 × 36500 − 365"),
            (
                "123456789012345678901234567890.12",
                2,
                "246913578024691357802469135780.24",
                "longer than any machine number",
            ),
            ("007.50", 2, "15.00", "leading zeros say nothing"),
        ];
        for (cost, days, kept, why) in vectors {
            assert_eq!(decimal(cost).times(days).to_string(), kept, "{cost} × {days}: {why}");
        }
    }

    #[test]
    fn equality_is_of_values() {
        for (a, b) in [("12.5", "12.50"), ("3", "3.000"), ("0", "0.0"), ("012.5", "12.5")] {
            assert_eq!(decimal(a), decimal(b));
        }
        for (a, b) in [("12.5", "12.05"), ("1.25", "12.5"), ("0.1", "0.10000000000000000001"), ("10", "1")] {
            assert_ne!(decimal(a), decimal(b));
        }
    }

    #[test]
    fn only_plain_digits_are_decimals() {
        for text in [
            "", ".", "5.", ".5", "-1", "+1", "1e3", "1,5", "1.2.3", " 1", "1 ", "NaN", "٣", "0x1", "1_000",
            "−1",
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(NotADecimal), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn products_agree_with_whole_numbers(cents in 0_u64..1_000_000_000, days in 0_u32..100_000) {
            let cost = decimal(&format!("{}.{:02}", cents / 100, cents % 100));
            let product = cents * u64::from(days);
            prop_assert_eq!(cost.times(days).to_string(), format!("{}.{:02}", product / 100, product % 100));
        }

        #[test]
        fn what_is_shown_reads_back_equal(text in "[0-9]{1,30}(\\.[0-9]{1,30})?") {
            let value = decimal(&text);
            prop_assert_eq!(decimal(&value.to_string()), value);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Decimal>();
        }
    }
}

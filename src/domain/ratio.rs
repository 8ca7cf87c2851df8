//! Exact fractions, and the one rounding at the end: half away from zero.
//!
//! 97/40 is 2.43, where floating point says 2.42. Refuses a division by nothing (`None`). Sums share one
//! common denominator; past 10¹² (only days with dozens of entries, of many different counts) terms are taken
//! to twelve decimals.

use std::cmp::Ordering;

/// The largest common denominator that is kept exactly. Any mix of days of up to 28 entries stays below it,
/// and products of two such fractions stay inside an `i128`.
const LARGEST_DENOMINATOR: i128 = 1_000_000_000_000;

/// An exact fraction in lowest terms, its denominator positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: i128,
    den: i128,
}

impl Ratio {
    /// `sum / count`: a mean, a share or a value in parts of a unit; `None` when `count` is 0.
    #[must_use]
    pub fn of(sum: i64, count: u32) -> Option<Self> {
        Self::reduced(i128::from(sum), i128::from(count))
    }

    /// A whole number.
    #[must_use]
    pub const fn whole(value: i64) -> Self {
        Self { num: value as i128, den: 1 }
    }

    /// `num / den` in lowest terms; `None` when `den` is 0.
    pub(crate) fn reduced(num: i128, den: i128) -> Option<Self> {
        let divisor = gcd(num, den);
        if den == 0 {
            return None;
        }
        let signed = if den < 0 { -divisor } else { divisor };
        Some(Self { num: num / signed, den: den / signed })
    }

    /// `self × factor`.
    #[must_use]
    pub fn times(self, factor: i64) -> Self {
        Self::reduced(self.num * i128::from(factor), self.den).unwrap_or(self)
    }

    /// Numerator and denominator.
    #[cfg(test)]
    pub(crate) const fn parts(self) -> (i128, i128) {
        (self.num, self.den)
    }

    /// `self − other`.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let num = self.num * other.den - other.num * self.den;
        Self::reduced(num, self.den * other.den).unwrap_or(self)
    }

    /// The value in parts of `1 / scale`: exactly, if the scale is a multiple of the denominator.
    fn in_parts(self, scale: i128) -> i128 {
        if self.den == 1 { self.num * scale } else { nearest(self.num * scale, self.den) }
    }

    /// Rounded once to `decimals` places (9 at most), half away from zero. Never `-0.0`.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "figures are far below 2^53 hundredths")]
    pub fn round(self, decimals: u32) -> f64 {
        if self.den == 1 {
            return self.num as f64;
        }
        let power = 10_i128.pow(decimals);
        let digits = (self.num / self.den) * power + nearest((self.num % self.den) * power, self.den);
        digits as f64 / power as f64
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.num * other.den).cmp(&(other.num * self.den))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The exact mean of exact values; `None` of nothing.
#[must_use]
pub fn mean(values: impl IntoIterator<Item = Ratio, IntoIter: Clone>) -> Option<Ratio> {
    let values = values.into_iter();
    let scale = one_scale(values.clone());
    let (sum, count) = values.fold((0, 0), |(sum, count), value| (sum + value.in_parts(scale), count + 1));
    Ratio::reduced(sum, scale * count)
}

/// The exact median: the middle value, or the mean of the two middle ones; `None` of nothing. Sorts its
/// values.
#[must_use]
pub fn median(values: &mut [Ratio]) -> Option<Ratio> {
    values.sort_unstable();
    let upper = values.len() / 2;
    let low = if values.len().is_multiple_of(2) { upper.checked_sub(1)? } else { upper };
    mean([*values.get(low)?, *values.get(upper)?])
}

/// `100 × part / whole`, rounded to one decimal; `None` when there is nothing to be a part of.
#[must_use]
pub fn percent(part: u32, whole: u32) -> Option<f64> {
    Some(Ratio::of(100 * i64::from(part), whole)?.round(1))
}

/// The values as whole numbers of `1 / scale`, which is the first of the pair.
pub(crate) fn on_one_scale(values: impl IntoIterator<Item = Ratio, IntoIter: Clone>) -> (i128, Vec<i128>) {
    let values = values.into_iter();
    let scale = one_scale(values.clone());
    (scale, values.map(|value| value.in_parts(scale)).collect())
}

/// The least common denominator, or the largest that is kept exactly.
fn one_scale(values: impl Iterator<Item = Ratio>) -> i128 {
    let mut scale = 1;
    for Ratio { den, .. } in values {
        if den == 1 || den == scale {
            continue;
        }
        scale = scale / gcd(scale, den) * den;
        if scale > LARGEST_DENOMINATOR {
            return LARGEST_DENOMINATOR;
        }
    }
    scale
}

/// `num / den` to the nearest whole number, half away from zero; `den` is positive.
fn nearest(num: i128, den: i128) -> i128 {
    let carry = if 2 * (num % den).abs() >= den { num.signum() } else { 0 };
    num / den + carry
}

/// The greatest common divisor, positive, and 1 of two zeros so that it always divides.
fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(num: i64, den: u32) -> Ratio {
        Ratio::of(num, den).unwrap()
    }

    #[test]
    fn rounds_once_half_away_from_zero() {
        let vectors = [
            (97, 40, 2, 2.43, "2.425 is a half and goes up; as binary it is 2.42499… and would go down"),
            (-97, 40, 2, -2.43, "away from zero, not towards the larger"),
            (5, 2, 0, 3.0, "2.5"),
            (-5, 2, 0, -3.0, "−2.5"),
            (1, 3, 2, 0.33, "0.333…"),
            (2, 3, 2, 0.67, "0.666…"),
            (1, 8, 2, 0.13, "0.125"),
            (201, 200, 2, 1.01, "1.005, the textbook failure of floats"),
            (35 * 100, 36, 1, 97.2, "35 of 36 is 97.22…"),
            (14 * 100, 41, 1, 34.1, "14 of 41 is 34.14…"),
            (29 * 100, 31, 1, 93.5, "29 of 31 is 93.548…"),
            (30, 4, 2, 7.5, "30 quarter hours"),
            (0, 7, 2, 0.0, "nothing"),
            (1199, 12, 1, 99.9, "99.9166… stays below 100"),
        ];
        for (num, den, decimals, shown, why) in vectors {
            assert_eq!(
                of(num, den).round(decimals).to_string(),
                f64::to_string(&shown),
                "{num}/{den}: {why}"
            );
        }
    }

    #[test]
    fn zero_has_no_sign() {
        assert!(of(-1, 1000).round(2).is_sign_positive(), "−0.001 is shown as 0, not as −0");
    }

    #[test]
    fn nothing_is_never_divided() {
        assert_eq!(Ratio::of(3, 0), None);
        assert_eq!(mean([]), None);
        assert_eq!(median(&mut []), None);
        assert_eq!(percent(0, 0), None);
    }

    #[test]
    fn means_and_medians_are_exact() {
        let thirds = [of(1, 3), of(1, 3), of(1, 3)];
        assert_eq!(mean(thirds), Some(of(1, 3)), "three thirds over three");
        assert_eq!(mean([of(5, 2), of(1, 3)]), Some(of(17, 12)), "15/6 + 2/6 = 17/6, halved");
        assert_eq!(median(&mut [of(9, 1), of(1, 1), of(4, 1)]), Some(of(4, 1)), "1 4 9");
        assert_eq!(
            median(&mut [of(4, 1), of(1, 1), of(9, 1), of(5, 1)]),
            Some(of(9, 2)),
            "1 4 5 9: (4 + 5) / 2"
        );
        assert_eq!(median(&mut [of(-1, 2), of(-3, 1)]), Some(of(-7, 4)), "negative reliefs count as well");
        assert_eq!(of(13, 2).minus(of(26, 5)), of(13, 10), "6.5 − 5.2 = 1.3");
    }

    #[test]
    fn a_denominator_beyond_bounds_is_still_right_to_many_decimals() {
        let primes = [29, 31, 37, 41, 43, 47, 53, 59, 61, 67];
        let values: Vec<Ratio> = primes.iter().map(|&p| of(i64::from(p) - 1, p)).collect();
        let near: f64 = primes.iter().map(|&p| f64::from(p - 1) / f64::from(p)).sum::<f64>() / 10.0;
        assert!((mean(values).unwrap().round(9) - near).abs() < 1e-8);
    }

    proptest! {
        #[test]
        fn rounding_agrees_with_the_decimal_neighbours(num in -100_000_i32..100_000, den in 1_u32..500) {
            // |shown − num/den| ≤ 1/200, and a little for the binary form of shown.
            let exact = f64::from(num) / f64::from(den);
            prop_assert!((of(num.into(), den).round(2) - exact).abs() <= 0.005 + 1e-9);
            let tie = i64::from(num) * 200 % i64::from(den) == 0 && i64::from(num) * 100 % i64::from(den) != 0;
            prop_assert!(!tie || of(num.into(), den).round(2).abs() > exact.abs(), "a tie goes away from zero");
        }

        #[test]
        fn order_of_values_never_matters(mut values in proptest::collection::vec((-50_i64..50, 1_u32..9), 1..40)) {
            let ratios = |v: &[(i64, u32)]| v.iter().map(|&(n, d)| of(n, d)).collect::<Vec<_>>();
            let (forward, mid) = (mean(ratios(&values)), median(&mut ratios(&values)));
            values.reverse();
            prop_assert_eq!(forward, mean(ratios(&values)));
            prop_assert_eq!(mid, median(&mut ratios(&values)));
        }
    }
}

//! The Theil–Sen slope: the median of the slopes of all pairs of points, exactly, without looking at all
//! pairs.
//!
//! A pair's slope is at most `p/q` just when its later point, sheared to `q·value − p·day`, is not above the
//! earlier one. So one merge sort counts the slopes up to a bound. The slopes of a few pairs tell where to
//! look, and bounds between which few slopes are left, or one slope many times, are soon found; those few are
//! listed and the middle one is taken. n log n a bound, a dozen bounds: 3,650 days have 6.7 million pairs.
//! Refuses fewer than two points.

use super::day::days_between;
use super::ratio::{Ratio, mean, on_one_scale};
use chrono::NaiveDate;

/// So many slopes are listed rather than told apart by further bounds.
const LISTED: u64 = 4_096;
/// Takes a place far away and without any rhythm: the golden ratio, as a fraction of 2⁶⁴.
const SCRAMBLE: u64 = 0x9E37_79B9_7F4A_7C15;

/// The median slope per day of points with ascending dates, each date once; of an even number of slopes the
/// mean of the two middle ones. `None` of fewer than two points.
#[must_use]
pub fn slope_per_day(points: &[(NaiveDate, Ratio)]) -> Option<Ratio> {
    let slopes = Slopes::of(points)?;
    slopes.middle(&slopes.guesses())
}

/// How far one point lies above an earlier one, and how many days after it.
#[derive(Clone, Copy)]
struct Slope {
    rise: i128,
    run: i128,
}

/// Slopes next to each other in the order of all slopes.
struct Few {
    /// Ascending: all of them, or a part when all are the same.
    slopes: Vec<Slope>,
    /// How many slopes are below them, and how many are not above them.
    below: u64,
    up_to: u64,
}

impl Few {
    /// The slope at `rank` (from 1) of all slopes in ascending order, if it is one of these.
    fn ranked(&self, rank: u64) -> Option<Slope> {
        let place = rank.checked_sub(self.below + 1).filter(|_| rank <= self.up_to)?;
        self.slopes.get(usize::try_from(place).ok()?).or(self.slopes.last()).copied()
    }
}

struct Slopes {
    /// Days since the first point, and the value in whole numbers of `1 / scale`.
    points: Vec<(i128, i128)>,
    scale: i128,
    /// Bounds are whole numbers of `1 / grid`, so fine that two different slopes are further apart.
    grid: i128,
    pairs: u64,
}

impl Slopes {
    fn of(points: &[(NaiveDate, Ratio)]) -> Option<Self> {
        let (first, _) = points.first()?;
        let (last, _) = points.last()?;
        let (scale, values) = on_one_scale(points.iter().map(|(_, value)| *value));
        let days = points.iter().map(|(date, _)| i128::from(days_between(*first, *date)));
        let count = u64::try_from(points.len()).ok()?;
        let pairs = count * (count - 1) / 2;
        // Denominators are at most `width` days: two slopes differ by at least 1/width².
        let width = i128::from(days_between(*first, *last));
        let grid = width * width + 1;
        (pairs > 0).then_some(Self { points: days.zip(values).collect(), scale, grid, pairs })
    }

    /// The middle slope, or the mean of the two middle ones.
    fn middle(&self, guesses: &[i128]) -> Option<Ratio> {
        let (lower_rank, upper_rank) = (self.pairs.div_ceil(2), self.pairs / 2 + 1);
        let few = self.around(lower_rank, guesses);
        let lower = few.ranked(lower_rank)?;
        // Nearly always the next one is among the same few.
        let upper = few.ranked(upper_rank).or_else(|| self.around(upper_rank, guesses).ranked(upper_rank))?;
        let ratio = |slope: Slope| Ratio::reduced(slope.rise, slope.run * self.scale);
        mean([ratio(lower)?, ratio(upper)?])
    }

    /// Ascending bounds near which the middle probably lies: just below and just at the middle ones of one
    /// slope for each point.
    fn guesses(&self) -> Vec<i128> {
        let count = self.points.len() as u64;
        let partner = |place: u64| usize::try_from((place.wrapping_mul(SCRAMBLE) >> 32) % count).ok();
        let partners = (1..).map_while(|place| self.points.get(partner(place)?));
        let mut guesses: Vec<i128> = (self.points.iter().zip(partners))
            .filter(|((day, _), (other_day, _))| day != other_day)
            .map(|((day, value), (other_day, other_value))| {
                let turn = (other_day - day).signum();
                -((value - other_value) * turn * self.grid).div_euclid((other_day - day) * turn)
            })
            .collect();
        guesses.sort_unstable();
        // As far from the middle as chance may well have put it: two standard deviations and more.
        let near = guesses.len().isqrt() * 2;
        let middle = guesses.len() / 2;
        let near = guesses.get(middle.saturating_sub(near)..(middle + near).min(guesses.len()));
        let mut bounds: Vec<i128> = near.unwrap_or_default().iter().flat_map(|at| [at - 1, *at]).collect();
        bounds.dedup();
        bounds
    }

    /// The slope at `rank` and its neighbours.
    fn around(&self, rank: u64, mut guesses: &[i128]) -> Few {
        let values = self.points.iter().map(|(_, value)| *value);
        let steepest = values.clone().max().zip(values.min()).map_or(0, |(high, low)| high - low) * self.grid;
        // `up_to` slopes are at most high/grid and no less than rank; the `below` slopes at most low/grid are
        // fewer.
        let (mut low, mut high, mut below, mut up_to) = (-steepest - 1, steepest, 0, self.pairs);
        while high - low > 1 && up_to - below > LISTED {
            let (lower, rest) = guesses.split_at(guesses.len() / 2);
            let (guess, higher) = rest.split_first().unzip();
            let middle = guess.copied().unwrap_or(low + (high - low) / 2);
            let counted = self.up_to(middle);
            if counted >= rank {
                (high, up_to, guesses) = (middle, counted, lower);
            } else {
                (low, below, guesses) = (middle, counted, higher.unwrap_or_default());
            }
        }
        Few { slopes: self.listed(low, high), below, up_to }
    }

    /// How many slopes are at most bound/grid.
    fn up_to(&self, bound: i128) -> u64 {
        // Numbers half as wide are sorted in half the time, and are nearly always wide enough.
        let narrow = self.sheared::<i64>(bound).map(count_not_ascending);
        narrow.or_else(|| self.sheared::<i128>(bound).map(count_not_ascending)).unwrap_or_default()
    }

    fn sheared<T: TryFrom<i128>>(&self, bound: i128) -> Option<Vec<T>> {
        self.points.iter().map(|point| T::try_from(self.shear(point, bound)).ok()).collect()
    }

    fn shear(&self, (day, value): &(i128, i128), bound: i128) -> i128 {
        self.grid * value - bound * day
    }

    /// The slopes above low/grid up to high/grid, ascending; when they are more than [`LISTED`], which only
    /// one slope many times can be, some of them.
    fn listed(&self, low: i128, high: i128) -> Vec<Slope> {
        // In the order of the lower bound, points of a slope above it ascend; those of a slope not above the
        // upper bound are out of order by that one. An insertion sort meets each such pair once.
        let sheared = |point| (self.shear(point, low), self.shear(point, high), point);
        let mut points: Vec<_> = self.points.iter().map(sheared).collect();
        points.sort_unstable_by_key(|(by_low, by_high, _)| (*by_low, *by_high));
        let mut sorted: Vec<(i128, &(i128, i128))> = Vec::with_capacity(points.len());
        let mut slopes: Vec<Slope> = Vec::new();
        for (_, by_high, point) in points {
            let above = sorted.iter().rev().take_while(|(other, _)| *other >= by_high);
            let slope = |(_, other): &(i128, &(i128, i128))| Slope {
                rise: point.1 - other.1,
                run: point.0 - other.0,
            };
            let known = slopes.len();
            slopes.extend(above.map(slope));
            sorted.insert(sorted.len() + known - slopes.len(), (by_high, point));
            if slopes.len() as u64 > LISTED {
                break;
            }
        }
        slopes.sort_unstable_by(|one, other| (one.rise * other.run).cmp(&(other.rise * one.run)));
        slopes
    }
}

/// How many pairs have their earlier number not below the later one.
fn count_not_ascending<T: Copy + Ord>(mut numbers: Vec<T>) -> u64 {
    let mut spare = numbers.clone();
    merge(&mut numbers, &mut spare)
}

/// The same. Sorts the numbers; `spare` is as long.
fn merge<T: Copy + Ord>(numbers: &mut [T], spare: &mut [T]) -> u64 {
    let middle = numbers.len() / 2;
    if middle == 0 {
        return 0;
    }
    let (left, right) = numbers.split_at_mut(middle);
    let (spare_left, spare_right) = spare.split_at_mut(middle);
    let inside = merge(left, spare_left) + merge(right, spare_right);
    let (mut left, mut right) = (&*left, &*right);
    let mut across = 0;
    for place in spare.iter_mut() {
        let from = match (left.first(), right.first()) {
            // This number of the right half has everything left of the left half above or level with it.
            (Some(earlier), Some(later)) if earlier >= later => {
                across += left.len() as u64;
                &mut right
            }
            (Some(_), _) => &mut left,
            (None, _) => &mut right,
        };
        if let Some((number, rest)) = from.split_first() {
            *place = *number;
            *from = rest;
        }
    }
    numbers.copy_from_slice(spare);
    inside + across
}

#[cfg(test)]
mod tests {
    use super::super::day::add_days;
    use super::super::ratio::median;
    use super::*;
    use proptest::prelude::*;

    /// Days since the first, and the value as a fraction.
    type Point = (i64, i64, u32);

    fn points(days_and_values: &[Point]) -> Vec<(NaiveDate, Ratio)> {
        let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        days_and_values
            .iter()
            .map(|&(day, num, den)| (add_days(first, day), Ratio::of(num, den).unwrap()))
            .collect()
    }

    /// Every pair, one by one.
    fn naive(points: &[(NaiveDate, Ratio)]) -> Option<Ratio> {
        let (scale, values) = on_one_scale(points.iter().map(|(_, value)| *value));
        let mut slopes = Vec::new();
        for later in 0..points.len() {
            for earlier in 0..later {
                let days = i128::from(days_between(points[earlier].0, points[later].0));
                slopes.push(Ratio::reduced(values[later] - values[earlier], days * scale)?);
            }
        }
        median(&mut slopes)
    }

    #[test]
    fn slopes_worked_out_by_hand() {
        let vectors: &[(&[Point], i64, u32, &str)] = &[
            (&[(0, 3, 1), (1, 5, 1)], 2, 1, "one pair"),
            (&[(0, 5, 1), (4, 3, 1)], -1, 2, "two down in four days"),
            (&[(0, 1, 1), (1, 2, 1), (2, 9, 1)], 4, 1, "1, 7 and 8/2: the middle one"),
            (&[(0, 5, 1), (1, 5, 1), (2, 5, 1), (9, 5, 1)], 0, 1, "level"),
            (&[(0, 0, 1), (1, 1, 1), (2, 2, 1), (3, 0, 1)], 1, 2, "−2 −1/2 0 1 1 1: the mean of 0 and 1"),
            (&[(0, 1, 2), (1, 5, 6), (3, 3, 2)], 1, 3, "1/3, 1/3 and 2/3 over 2 = 1/3: thirds stay exact"),
            (
                &[(0, 10, 1), (1, 0, 1), (2, 10, 1), (3, 0, 1)],
                -5,
                3,
                "−10 −10 −10/3 0 0 10: the mean of −10/3 and 0",
            ),
        ];
        for (given, num, den, why) in vectors {
            let given = points(given);
            assert_eq!(slope_per_day(&given), Ratio::of(*num, *den), "{why}");
        }
        assert_eq!(slope_per_day(&points(&[(0, 3, 1)])), None, "one point has no slope");
        assert_eq!(slope_per_day(&[]), None);
    }

    proptest! {
        #[test]
        fn agrees_with_every_pair(
            given in prop::collection::btree_map(0_i64..400, (0_i64..21, 1_u32..5), 2..40),
        ) {
            let given: Vec<_> = given.into_iter().map(|(day, (num, den))| (day, num, den)).collect();
            let given = points(&given);
            prop_assert_eq!(slope_per_day(&given), naive(&given));
        }

        #[test]
        fn agrees_on_many_whole_ratings(values in prop::collection::vec(0_i64..11, 2..120)) {
            let given: Vec<_> = (0..).zip(values).map(|(day, value)| (day, value, 1)).collect();
            let given = points(&given);
            prop_assert_eq!(slope_per_day(&given), naive(&given));
        }

        #[test]
        fn turning_the_scale_turns_the_slope(values in prop::collection::vec(0_i64..11, 2..60)) {
            let up: Vec<_> = (0..).zip(&values).map(|(day, value)| (day, *value, 3)).collect();
            let down: Vec<_> = (0..).zip(&values).map(|(day, value)| (day, 10 - value, 3)).collect();
            let sum = slope_per_day(&points(&up)).unwrap().minus(Ratio::whole(0).minus(slope_per_day(&points(&down)).unwrap()));
            prop_assert_eq!(sum, Ratio::whole(0));
        }
    }

    #[test]
    fn slopes_at_the_lower_bound_are_not_listed_and_those_at_the_upper_are() {
        // Slopes 0, 1/2 and 1, bounds in fifths.
        let slopes = Slopes::of(&points(&[(0, 1, 1), (1, 1, 1), (2, 2, 1)])).unwrap();
        let listed = |low, high| -> Vec<_> {
            slopes.listed(low, high).iter().map(|slope| (slope.rise, slope.run)).collect()
        };
        assert_eq!(slopes.grid, 5);
        assert_eq!(listed(-1, 0), [(0, 1)]);
        assert_eq!(listed(0, 4), [(1, 2)]);
        assert_eq!(listed(0, 5), [(1, 2), (1, 1)]);
        assert_eq!(listed(5, 9), []);
    }

    proptest! {
        // Every pair takes its time.
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn agrees_where_bounds_are_needed(
            given in prop::collection::btree_map(0_i64..9_000, (0_i64..21, 0_usize..4), 92..120),
            wide in any::<bool>(),
        ) {
            // With two primes for denominators the numbers no longer fit into 64 bits.
            let (dens, factor) = if wide { ([999_979, 999_983, 1, 999_979], 999_999) } else { ([1, 2, 3, 4], 1) };
            let given: Vec<_> =
                given.into_iter().map(|(day, (num, den))| (day, num * factor, dens[den])).collect();
            let given = points(&given);
            let slopes = Slopes::of(&given).unwrap();
            prop_assert!(slopes.pairs > LISTED);
            prop_assert_eq!(slopes.sheared::<i64>(0).is_none(), wide);
            let expected = naive(&given);
            prop_assert_eq!(slope_per_day(&given), expected);
            prop_assert_eq!(slopes.middle(&[]), expected, "guesses save time and decide nothing");
        }
    }

    #[test]
    fn ten_years_of_days_have_their_exact_middle() {
        // A fixed scramble of whole and half ratings with a little rise.
        let twice = |day: i64| (day * 7_919 + day * day) % 19 + day / 1_500;
        let given: Vec<_> = (0..3_650).map(|day| (day, twice(day), 2)).collect();
        let slope = slope_per_day(&points(&given)).unwrap();
        let (mut below, mut above, mut pairs) = (0, 0, 0);
        let (rise, run) = slope.parts();
        for (place, (later, high, _)) in given.iter().enumerate() {
            for (earlier, low, _) in &given[..place] {
                let side = (i128::from(high - low) * run).cmp(&(2 * rise * i128::from(later - earlier)));
                below += u64::from(side.is_lt());
                above += u64::from(side.is_gt());
                pairs += 1;
            }
        }
        assert!(2 * below <= pairs && 2 * above <= pairs, "{below} below and {above} above of {pairs}");
        assert!(below + above < pairs, "the middle is itself a slope");
    }
}

//! The Theil–Sen slope as it is defined: every pair looked at, the middle one selected. As quick as that can
//! be made, in floating point, where ours is exact.

use crate::dense::Dense;
use recovery_journal::domain::day::days_between;

/// Days since the first date, and moods.
pub fn points(dense: &Dense) -> impl Iterator<Item = (i32, i32)> {
    let first = dense.period.from();
    let small = |number: i64| i32::try_from(number).unwrap_or_default();
    dense.check_ins.iter().map(move |it| (small(days_between(first, it.date)), small(it.mood)))
}

/// The median slope of all pairs of points with ascending days; of an even number the upper middle one, which
/// is the quicker to find.
pub fn slope_per_day(points: &[(i32, i32)]) -> Option<f64> {
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (place, (later, high)) in points.iter().enumerate() {
        let earlier = points.iter().take(place);
        slopes.extend(earlier.map(|(earlier, low)| f64::from(high - low) / f64::from(later - earlier)));
    }
    let middle = slopes.len() / 2;
    (middle < slopes.len()).then(|| *slopes.select_nth_unstable_by(middle, f64::total_cmp).1)
}

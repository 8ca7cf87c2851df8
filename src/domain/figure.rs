//! A figure that needs a minimum of data: its values, or how much there is and how much it takes.
//!
//! Refuses to hold a shaky number: below the minimum there are no values to read by mistake.

/// `ok` with its values, or `needs_more` without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure<T> {
    /// Enough data: the values.
    Ok(T),
    /// Too little data.
    NeedsMore {
        /// How many data points there are.
        have: u32,
        /// How many it takes.
        need: u32,
    },
}

impl<T> Figure<T> {
    /// The values when there are `need` data points; `None` from `values` counts as no data.
    pub fn with(have: u32, need: u32, values: impl FnOnce() -> Option<T>) -> Self {
        if have < need {
            return Self::NeedsMore { have, need };
        }
        values().map_or(Self::NeedsMore { have: 0, need }, Self::Ok)
    }

    /// As [`Figure::with`] where both sides of a comparison need `need`; `have` is then the smaller count.
    pub fn with_both(one: u32, other: u32, need: u32, values: impl FnOnce() -> Option<T>) -> Self {
        Self::with(one.min(other), need, values)
    }

    /// The values, if there are any.
    pub fn ok(&self) -> Option<&T> {
        match self {
            Self::Ok(values) => Some(values),
            Self::NeedsMore { .. } => None,
        }
    }

    /// The same figure with its values shown otherwise.
    pub fn map<U>(self, show: impl FnOnce(T) -> U) -> Figure<U> {
        match self {
            Self::Ok(values) => Figure::Ok(show(values)),
            Self::NeedsMore { have, need } => Figure::NeedsMore { have, need },
        }
    }
}

/// How many there are, as figures count them.
pub(crate) fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_only_from_the_minimum_on() {
        assert_eq!(Figure::with(4, 5, || Some(1)), Figure::NeedsMore { have: 4, need: 5 }, "four of five");
        assert_eq!(Figure::with(5, 5, || Some(1)), Figure::Ok(1), "five of five is enough");
    }

    #[test]
    fn two_minima_report_the_smaller_count() {
        assert_eq!(Figure::with_both(9, 3, 5, || Some(1)), Figure::NeedsMore { have: 3, need: 5 });
        assert_eq!(Figure::with_both(3, 9, 5, || Some(1)), Figure::NeedsMore { have: 3, need: 5 });
        assert_eq!(Figure::with_both(5, 9, 5, || Some(1)), Figure::Ok(1));
    }

    #[test]
    fn showing_keeps_the_minimum() {
        assert_eq!(Figure::Ok(2).map(|n| n + 1), Figure::Ok(3));
        assert_eq!(
            Figure::<u8>::NeedsMore { have: 1, need: 2 }.map(|n| n + 1),
            Figure::NeedsMore { have: 1, need: 2 }
        );
        assert_eq!(Figure::<u8>::NeedsMore { have: 1, need: 2 }.ok(), None);
    }
}

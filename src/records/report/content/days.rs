//! Clocks, and how the days were.

use chrono::NaiveDate;

use super::cravings::percent;
use super::{Found, Section, direction, opens_streaks, previous};
use crate::domain::day::{add_days, days_between};
use crate::domain::period::Period;
use crate::records::report::draw::{Block, Bucket, Cell, Chart, Column, Drawn, Table};
use crate::sharing::answers::{Clock, DaysAbstinent, Figure, Rating};
use crate::sharing::words::{self, count, exact};

/// Longer than this, a line has a point for each bucket and not for each day.
const BY_DAY: u32 = 400;
/// In the order of a page; what is not here comes after them.
const ORDER: [&str; 9] =
    ["mood", "anxiety", "stress", "craving", "sleep_hours", "sleep_quality", "energy", "pain", "commitment"];

/// Clocks.
pub fn clocks(found: &Found<'_>) -> Section {
    let streaks = found.streaks.as_ref().filter(|_| opens_streaks(found.head));
    let Some(streaks) = streaks else { return Section::Closed };
    let shown: Vec<&Clock> = streaks.clocks.iter().filter(|clock| !clock.archived).collect();
    if shown.is_empty() {
        return Section::Nothing;
    }
    let mut blocks = vec![Block::Table(Table {
        about: "Each clock with its days, the longest span, and how many days were substance-free."
            .to_owned(),
        columns: vec![
            Column::new("Clock", 24.0),
            Column::new("Since", 20.0),
            Column::new("Days now", 10.0),
            Column::new("Longest, days", 12.0),
            Column::new("Substance-free, of the whole way", 26.0),
            Column::new("Free, of known days in 30", 22.0),
            Column::new("Free, of known days in 90", 22.0),
        ],
        rows: shown.iter().map(|clock| row(clock)).collect(),
    })];
    for clock in shown {
        let name = name(clock);
        if clock.status != "running" {
            blocks.push(Block::Text(format!(
                "{name}: a return to use is on record that has no end yet. {} of {} remain substance-free.",
                count(clock.substance_free_days, "day"),
                clock.journey_days
            )));
        } else if clock.lapse_count > 0 {
            let returns = if clock.lapse_count == 1 { "return" } else { "returns" };
            blocks.push(Block::Note(format!(
                "{name}: {} {returns} to use on record along the whole way.",
                clock.lapse_count
            )));
        }
    }
    Section::Says(blocks)
}

fn name(clock: &Clock) -> String {
    clock.label.clone().unwrap_or_else(|| words::name(&clock.substance))
}

fn row(clock: &Clock) -> Vec<Cell> {
    let known = |figure: &Figure<DaysAbstinent>| match figure {
        Figure::Ok(figure) => format!("{} of {}", percent(figure.value), figure.known_days),
        Figure::NeedsMore { have, need } => format!("needs {need}, has {have}"),
    };
    let texts = [
        name(clock),
        words::compact(clock.since),
        clock.current_days.to_string(),
        clock.longest_days.to_string(),
        format!("{} of {}", clock.substance_free_days, count(clock.journey_days, "day")),
        known(&clock.pda_30),
        known(&clock.pda_90),
    ];
    texts.map(Cell::from).to_vec()
}

/// Ratings of check-ins.
pub fn ratings(found: &Found<'_>) -> Section {
    let trends = found.trends.as_ref().filter(|_| found.head.opens("check_ins"));
    let Some(trends) = trends else { return Section::Closed };
    let (coverage, period) = (&trends.coverage, found.head.period);
    if coverage.with_check_in == 0 {
        return Section::Nothing;
    }
    let place = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
    let mut all: Vec<(&String, &Rating)> = trends.ratings.iter().collect();
    all.sort_by_key(|(name, _)| place(name));
    let (rated, unrated): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, rating)| rating.n > 0);
    let mut blocks = vec![Block::Text(format!(
        "Check-ins on {} of {}. Ratings go from 0 to 10; \u{201c}rising\u{201d} and \u{201c}easing\u{201d} say where \
         the numbers go, not what is better.",
        coverage.with_check_in,
        count(coverage.days, "day"),
    ))];
    if !rated.is_empty() {
        let write = if period.days() > BY_DAY { words::compact } else { words::short };
        let dates = format!("{} to {}", write(period.from()), write(period.to()));
        blocks.push(Block::Table(Table {
            about: "Each rating over the dates: chart, days, mean, range, direction, the period before."
                .to_owned(),
            columns: vec![
                Column::new("Rating", 20.5),
                Column::new(dates, 41.0),
                Column::new("Days", 7.0),
                Column::new("Mean", 8.0),
                Column::new("Lowest, highest", 13.0),
                Column::new("Direction", 18.0),
                Column::new(format!("{} before", count(period.days(), "day")), 24.0),
            ],
            rows: rated.iter().map(|(name, rating)| rating_row(name, rating, period)).collect(),
        }));
        let told = match bucket(period) {
            "day" => "Dot: the mean of a day; line: the mean of seven days, where four are known.",
            "week" => {
                "Bar: the lowest and the highest day of a week; line: the mean of seven days, where four are known. \
                 A gap is a time with few entries."
            }
            _ => "Bar: the lowest and the highest day of a month; line: its mean.",
        };
        blocks.push(Block::Note(told.to_owned()));
    }
    if !unrated.is_empty() {
        let names: Vec<String> = unrated.iter().map(|(name, _)| words::name(name).to_lowercase()).collect();
        blocks.push(Block::Note(format!("Not rated in these dates: {}.", words::listed(&names))));
    }
    Section::Says(blocks)
}

/// What a bucket is called.
pub fn bucket(period: Period) -> &'static str {
    match period.days() {
        0..=35 => "day",
        36..=BY_DAY => "week",
        _ => "month",
    }
}

fn rating_row(name: &str, rating: &Rating, period: Period) -> Vec<Cell> {
    let value = |value: Option<f64>| value.map_or_else(String::new, exact);
    vec![
        words::name(name).into(),
        Cell::Chart(chart(name, rating, period)),
        rating.n.to_string().into(),
        value(rating.mean).into(),
        format!("{}, {}", value(rating.min), value(rating.max)).into(),
        direction(&rating.direction).into(),
        previous(&rating.previous, "day").into(),
    ]
}

fn chart(name: &str, rating: &Rating, period: Period) -> Chart {
    let most = match rating.max {
        Some(max) if name == "sleep_hours" && max > 12.0 => 24.0,
        _ if name == "sleep_hours" => 12.0,
        _ => 10.0,
    };
    let starts: Vec<NaiveDate> = rating.series.iter().map(|bucket| bucket.start).collect();
    let buckets: Vec<Option<Bucket>> = rating
        .series
        .iter()
        .enumerate()
        .map(|(index, bucket)| {
            let (mean, low, high) = (bucket.mean?, bucket.min?, bucket.max?);
            let at = middle(&starts, index, period);
            Some(Bucket { at, mean: small(mean), span: (small(low), small(high)) })
        })
        .collect();
    let line = if period.days() > BY_DAY {
        rating.series.iter().map(|bucket| bucket.mean.map(small)).collect()
    } else {
        rating.moving_average_7.iter().map(|average| average.value.map(small)).collect()
    };
    Chart {
        about: told(name, rating, period),
        height: 34.0,
        most,
        drawn: Drawn::Rating { buckets, line, dotted: bucket(period) == "day" },
        dates: Vec::new(),
    }
}

/// What a chart of a rating shows, in words.
fn told(name: &str, rating: &Rating, period: Period) -> String {
    let known =
        rating.series.iter().filter_map(|bucket| Some((bucket.start.max(period.from()), bucket.mean?)));
    let least = known.clone().min_by(|one, other| one.1.total_cmp(&other.1));
    let most = known.clone().max_by(|one, other| one.1.total_cmp(&other.1));
    let unit = bucket(period);
    let at = |known: Option<(NaiveDate, f64)>| {
        known.map_or_else(String::new, |(on, mean)| format!("{} from {}", exact(mean), words::date(on)))
    };
    format!(
        "{} by {unit}: {} with data, the lowest mean {}, the highest {}.",
        words::name(name),
        count(u32::try_from(known.count()).unwrap_or(u32::MAX), unit),
        at(least),
        at(most),
    )
}

/// Where the middle of a bucket is, from 0 at the first date to 1 after the last.
fn middle(starts: &[NaiveDate], index: usize, period: Period) -> f32 {
    let first = starts.get(index).copied().unwrap_or(period.from()).max(period.from());
    let after = add_days(period.to(), 1);
    let next = starts.get(index + 1).copied().unwrap_or(after);
    let days = |on: NaiveDate| f32::from(i16::try_from(days_between(period.from(), on)).unwrap_or(i16::MAX));
    f32::midpoint(days(first), days(next)) / days(after)
}

#[expect(clippy::cast_possible_truncation, reason = "ratings, hours and counts of a chart")]
pub const fn small(value: f64) -> f32 {
    value as f32
}

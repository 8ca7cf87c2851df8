//! Charts: SVG paths worked out here and drawn by the templates, each with words for who does not see it and the
//! numbers for a table. Strokes keep their width however wide the page is, and a point is a stroke without length,
//! so that a chart may be stretched and its points stay round.
//!
//! A day without a value is a gap and never a line across it.

use chrono::NaiveDate;

use crate::sharing::answers::{Figure, Heatmap, Trends};
use crate::sharing::words;

/// The width of what is drawn.
const WIDTH: f64 = 1000.0;
/// The height of what is drawn; ratings go from 0 to 10.
const HEIGHT: f64 = 200.0;
/// Room above and below, so that no stroke is cut.
const MARGIN: f64 = 8.0;
const MOST: f64 = 10.0;
/// More values than this are drawn without a point each.
const DOTTED: usize = 45;
/// Dates that are written below a chart.
const TICKS: usize = 5;
/// The shades of the heatmap.
const SHADES: u32 = 5;

/// One line of a chart.
pub struct Line {
    /// The line, as SVG path data.
    pub line: String,
    /// The points, as SVG path data.
    pub points: String,
}

/// Mood and craving over some dates.
pub struct LineChart {
    /// The lines.
    pub mood: Line,
    /// The strongest craving of each bucket.
    pub craving: Line,
    /// In words.
    pub description: String,
    /// Dates below it.
    pub ticks: Vec<String>,
    /// The numbers.
    pub rows: Vec<Row>,
}

/// A row of the table behind a line chart.
pub struct Row {
    /// The date.
    pub on: String,
    /// Mood.
    pub mood: String,
    /// Craving.
    pub craving: String,
}

/// Two weeks in a row of the caseload.
pub struct Spark {
    /// The line.
    pub line: Line,
    /// In words.
    pub description: String,
}

/// When in the week cravings come.
pub struct WeekMap {
    /// Hours with cravings.
    pub cells: Vec<MapCell>,
    /// In words.
    pub description: String,
}

/// An hour of the week.
pub struct MapCell {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// 1 to 5.
    pub shade: u32,
    /// The day.
    pub weekday: &'static str,
    /// The hour.
    pub hour: String,
    /// How many.
    pub count: u32,
    /// How strong, if there are enough to say.
    pub mean: String,
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Draws values from 0 to 10, evenly from left to right.
fn draw(values: &[Option<f64>], dotted: usize) -> Line {
    let steps = u32::try_from(values.len().saturating_sub(1).max(1)).unwrap_or(u32::MAX);
    let at = |index: usize, value: f64| {
        let step = f64::from(u32::try_from(index).unwrap_or(u32::MAX));
        let x = MARGIN + step / f64::from(steps) * (WIDTH - 2.0 * MARGIN);
        let y = MARGIN + (1.0 - value.clamp(0.0, MOST) / MOST) * (HEIGHT - 2.0 * MARGIN);
        (x, y)
    };
    let (mut line, mut points) = (Vec::new(), Vec::new());
    let there = |index: Option<usize>| index.and_then(|index| *values.get(index)?).is_some();
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else { continue };
        let (x, y) = at(index, *value);
        let (before, after) = (there(index.checked_sub(1)), there(Some(index + 1)));
        line.push(format!("{}{x:.1} {y:.1}", if before { 'L' } else { 'M' }));
        if values.len() <= dotted || !(before || after) {
            points.push(format!("M{x:.1} {y:.1}h0"));
        }
    }
    Line { line: line.concat(), points: points.concat() }
}

fn spread(values: &[Option<f64>], what: &str) -> String {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let Some(last) = known.last() else { return format!("No {what}.") };
    let least = known.iter().copied().fold(f64::INFINITY, f64::min);
    let most = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let number = words::number;
    format!("{what} from {} to {}, last {}.", number(least), number(most), number(*last))
}

impl Spark {
    /// The last 14 dates of a rating; none when nothing is known.
    pub fn of(values: &[Option<f64>], what: &str) -> Option<Self> {
        values.iter().any(Option::is_some).then(|| Self {
            line: draw(values, 0),
            description: format!(
                "{} Days with a value: {}.",
                spread(values, what),
                values.iter().flatten().count()
            ),
        })
    }
}

impl LineChart {
    /// Mood and craving of the answer; none when neither is known.
    pub fn of(trends: &Trends) -> Option<Self> {
        let mood = trends.ratings.get("mood");
        let dates: Vec<NaiveDate> = trends.cravings.series.iter().map(|bucket| bucket.start).collect();
        let mood: Vec<Option<f64>> =
            mood.map(|mood| mood.series.iter().map(|bucket| bucket.mean).collect()).unwrap_or_default();
        let rated: Vec<Option<f64>> = trends
            .ratings
            .get("craving")
            .map(|craving| craving.series.iter().map(|bucket| bucket.mean).collect())
            .unwrap_or_default();
        let strongest = trends.cravings.series.iter().enumerate().map(|(index, bucket)| {
            let rated = rated.get(index).copied().flatten();
            [rated, bucket.max_intensity].into_iter().flatten().reduce(f64::max)
        });
        let craving: Vec<Option<f64>> = strongest.collect();
        if mood.iter().chain(&craving).all(Option::is_none) {
            return None;
        }
        let rows = dates.iter().enumerate().filter_map(|(index, on)| {
            let (mood, craving) = (mood.get(index).copied().flatten(), craving.get(index).copied().flatten());
            let text = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), words::number);
            mood.or(craving).map(|_| Row { on: words::date(*on), mood: text(mood), craving: text(craving) })
        });
        Some(Self {
            description: format!("{} {}", spread(&mood, "Mood"), spread(&craving, "Craving")),
            ticks: ticks(&dates),
            rows: rows.collect(),
            mood: draw(&mood, DOTTED),
            craving: draw(&craving, DOTTED),
        })
    }
}

/// Some of the dates, evenly apart, with the first and the last.
fn ticks(dates: &[NaiveDate]) -> Vec<String> {
    let Some(last) = dates.len().checked_sub(1) else { return Vec::new() };
    let most = TICKS.min(dates.len());
    let at = |tick: usize| dates.get(tick * last / (most - 1).max(1));
    (0..most).filter_map(at).map(|on| words::short(*on)).collect()
}

impl WeekMap {
    /// The cells of the answer; none when there are no cravings.
    pub fn of(heatmap: &Heatmap) -> Option<Self> {
        let fullest = heatmap.cells.iter().max_by_key(|cell| cell.count)?;
        let day = |weekday: u32| DAYS.get(usize::try_from(weekday).ok()?.checked_sub(1)?).copied();
        let hour = |hour: u32| format!("{hour:02}:00");
        let cells = heatmap.cells.iter().filter_map(|cell| {
            Some(MapCell {
                x: cell.hour,
                y: cell.weekday.checked_sub(1)?,
                shade: (cell.count * SHADES).div_ceil(fullest.count.max(1)),
                weekday: day(cell.weekday)?,
                hour: hour(cell.hour),
                count: cell.count,
                mean: match &cell.mean_intensity {
                    Figure::Ok(mean) => words::number(mean.value),
                    Figure::NeedsMore { .. } => "–".to_owned(),
                },
            })
        });
        Some(Self {
            cells: cells.collect(),
            description: match fullest.count {
                1 => format!("{}, no two in the same hour of the week.", words::count(heatmap.n, "craving")),
                count => format!(
                    "{}, most often on {} from {}: {}.",
                    words::count(heatmap.n, "craving"),
                    day(fullest.weekday).unwrap_or_default(),
                    hour(fullest.hour),
                    words::count(count, "time"),
                ),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_a_value_is_a_gap() {
        let line = draw(&[Some(0.0), Some(10.0), None, Some(5.0)], 0);
        assert_eq!(line.line, "M8.0 192.0L336.0 8.0M992.0 100.0");
        assert_eq!(line.points, "M992.0 100.0h0", "only what has no neighbour is a point");
        assert_eq!(draw(&[Some(3.0)], 9).points, "M8.0 136.8h0");
        assert_eq!(draw(&[None, None], 9).line, "");
    }

    #[test]
    fn what_is_drawn_is_told() {
        let spark = Spark::of(&[Some(6.0), None, Some(5.5)], "Mood").unwrap();
        assert_eq!(spark.description, "Mood from 5.5 to 6, last 5.5. Days with a value: 2.");
        assert!(Spark::of(&[None; 14], "Mood").is_none());
    }

    #[test]
    fn the_first_and_the_last_date_are_written() {
        let dates: Vec<NaiveDate> =
            NaiveDate::from_ymd_opt(2026, 11, 1).unwrap().iter_days().take(30).collect();
        let ticks = ticks(&dates);
        assert_eq!((ticks.len(), ticks[0].as_str(), ticks[4].as_str()), (5, "1 Nov", "30 Nov"));
        assert_eq!(super::ticks(&dates[..1]), ["1 Nov"]);
        assert!(super::ticks(&[]).is_empty());
    }
}

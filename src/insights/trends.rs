//! Trends: ratings, cravings and counts over a range, in buckets.

use std::borrow::Cow;

use chrono::NaiveDate;
use futures_util::future::try_join_all;
use futures_util::try_join;
use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Ref, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::figure::Shown;
use super::range::{Range, bucket_name};
use crate::db::Conn;
use crate::domain::cravings::{self, Craving, CravingSum, Outcome, craving_trend};
use crate::domain::period::Period;
use crate::domain::ratio::Ratio;
use crate::domain::trends::{self, DayValues, Spread, covered_days, rating_trend};
use crate::error::Result;
use crate::fields::write::serialize_date;
use crate::fields::{Kind, Value};
use crate::journal::collections::{check_ins::CHECK_INS, cravings::CRAVINGS};
use crate::journal::{Collection, Reading, store};

/// Collections whose records are counted.
const COUNTED: [&str; 4] = ["meetings", "sessions", "doses", "lapses"];

/// `GET /v1/trends`. Days are ISO dates, weeks are named by their Monday, months by their first day.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trends {
    from: NaiveDate,
    to: NaiveDate,
    /// `day`, `week` or `month`.
    #[schema(value_type = String)]
    bucket: &'static str,
    coverage: Coverage,
    ratings: Ratings,
    cravings: CravingTrend,
    counts: Counted,
}

/// How much of the range has check-ins.
#[derive(Debug, Serialize, ToSchema)]
pub struct Coverage {
    /// Dates of the range.
    days: u32,
    /// Those with a check-in.
    with_check_in: u32,
}

/// A trend for each rating of check-ins.
#[derive(Debug)]
pub struct Ratings(Vec<(&'static str, RatingTrend)>);

/// A count for each collection that is counted.
#[derive(Debug)]
pub struct Counted(Vec<(&'static str, Counts)>);

/// One rating. A day's value is the mean of its check-ins; `n` counts days.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingTrend {
    n: u32,
    mean: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    direction: DirectionFigure,
    previous: PreviousFigure,
    /// Every bucket, empty ones too.
    series: Vec<RatingBucket>,
    /// For every date the mean of the 7 dates ending there, when 4 of them have data.
    moving_average_7: Vec<AveragePoint>,
}

/// A rating in a bucket.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingBucket {
    #[serde(serialize_with = "serialize_date")]
    start: NaiveDate,
    n: u32,
    mean: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
}

/// A moving average on a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct AveragePoint {
    #[serde(serialize_with = "serialize_date")]
    date: NaiveDate,
    value: Option<f64>,
}

/// Where values are heading (Theil–Sen); needs 14 days with data.
#[derive(Debug, Serialize, ToSchema)]
pub struct Direction {
    /// Points a week.
    per_week: f64,
    /// `easing` (falling), `steady` or `rising`, whatever is rated.
    #[schema(value_type = String, example = "rising")]
    word: &'static str,
}

/// The period of equal length just before; needs 5 and 5.
#[derive(Debug, Serialize, ToSchema)]
pub struct Previous {
    n: u32,
    mean: f64,
    /// This period's mean less that one's.
    difference: f64,
}

/// A direction, if there are data enough.
pub type DirectionFigure = Shown<Direction>;
/// A comparison, if there are data enough.
pub type PreviousFigure = Shown<Previous>;

/// Cravings: `n` counts episodes.
#[derive(Debug, Serialize, ToSchema)]
pub struct CravingTrend {
    n: u32,
    mean_intensity: Option<f64>,
    passed: u32,
    used: u32,
    open: u32,
    /// 100 × passed / (passed + used); null while nothing is closed.
    passed_share: Option<f64>,
    /// Every bucket, empty ones too.
    series: Vec<CravingBucket>,
    direction: DirectionFigure,
    previous: PreviousFigure,
}

/// Cravings in a bucket.
#[derive(Debug, Serialize, ToSchema)]
pub struct CravingBucket {
    #[serde(serialize_with = "serialize_date")]
    start: NaiveDate,
    n: u32,
    mean_intensity: Option<f64>,
    max_intensity: Option<u8>,
    passed: u32,
    used: u32,
}

/// How often something happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counts {
    n: u32,
    /// Every bucket, empty ones too.
    series: Vec<CountBucket>,
}

/// A count in a bucket.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountBucket {
    #[serde(serialize_with = "serialize_date")]
    start: NaiveDate,
    n: u32,
}

/// The ratings of check-ins, sleep hours among them.
pub fn rated() -> impl Iterator<Item = &'static str> {
    CHECK_INS
        .fields
        .iter()
        .filter(|field| matches!(field.kind, Kind::Integer { .. } | Kind::Quarters { .. }))
        .map(|field| field.name)
}

/// Works the trends out.
pub async fn trends(conn: &Conn<'_>, reading: &Reading<'_>, range: &Range) -> Result<Trends> {
    let (period, bucket) = (range.period, range.bucket);
    let dates = (period.reaches_back_to(), period.to());
    let names: Vec<&str> = rated().collect();
    let columns = [&["local_date"], names.as_slice()].concat();
    let counted = COUNTED.iter().filter_map(|name| Collection::named(name)).map(async |collection| {
        let dates = counted_dates(conn, reading, collection, period).await?;
        Ok((collection.name, Counts::of(trends::counts(dates, period, bucket))))
    });
    let (check_ins, episodes, counts) = try_join!(
        store::select(conn, reading, &CHECK_INS, &columns, Some(dates)),
        episodes(conn, reading, dates),
        try_join_all(counted),
    )?;
    let rows: Vec<Vec<Value>> = check_ins.into_iter().map(|(_, values)| values).collect();
    let ratings = rated().enumerate().map(|(index, name)| {
        let values = day_values(&rows, index + 1);
        (name, RatingTrend::of(rating_trend(&values, period, bucket)))
    });
    let ratings = Ratings(ratings.collect());
    let with_check_in =
        covered_days(rows.iter().filter_map(|values| values.first().and_then(Value::date)), period);
    Ok(Trends {
        from: period.from(),
        to: period.to(),
        bucket: bucket_name(bucket),
        coverage: Coverage { days: period.days(), with_check_in },
        ratings,
        cravings: CravingTrend::of(craving_trend(&episodes, period, bucket)),
        counts: Counted(counts),
    })
}

/// The day values of the column `index` of check-ins whose first column is the date.
pub fn day_values(rows: &[Vec<Value>], index: usize) -> DayValues {
    DayValues::means_of(rows.iter().filter_map(|values| {
        let date = values.first()?.date()?;
        Some((date, ratio(values.get(index)?)?))
    }))
}

/// A rating, or hours in quarters, exactly.
pub fn ratio(value: &Value) -> Option<Ratio> {
    match value {
        Value::Int(number) => Some(Ratio::whole(*number)),
        #[expect(clippy::cast_possible_truncation, reason = "a day has 96 quarter hours")]
        Value::Real(hours) => Ratio::of((hours * 4.0) as i64, 4),
        _ => None,
    }
}

/// The cravings of some dates, as trends see them.
async fn episodes(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    dates: (NaiveDate, NaiveDate),
) -> Result<Vec<Craving>> {
    let fields = ["local_date", "intensity", "outcome"];
    let rows = store::select(conn, reading, &CRAVINGS, &fields, Some(dates)).await?;
    Ok(rows.iter().filter_map(|(_, values)| episode(values)).collect())
}

/// A craving from its date, intensity and outcome.
pub fn episode(values: &[Value]) -> Option<Craving> {
    let [Value::Date(local_date), Value::Int(intensity), Value::Text(outcome), ..] = values else {
        return None;
    };
    let outcome = match outcome.as_str() {
        "passed" => Outcome::Passed,
        "used" => Outcome::Used,
        _ => Outcome::Open,
    };
    Some(Craving { local_date: *local_date, intensity: u8::try_from(*intensity).ok()?, outcome })
}

/// The dates of the records that count: of sessions the attended ones, of doses those that cover.
pub async fn counted_dates(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    collection: &'static Collection,
    period: Period,
) -> Result<Vec<NaiveDate>> {
    let counts: &[&str] = match collection.name {
        "sessions" => &["attended"],
        "doses" => &["taken", "late", "observed_at_clinic"],
        _ => &[],
    };
    let date = collection.dated_by.unwrap_or("local_date");
    let columns = if counts.is_empty() { vec![date] } else { vec![date, "status"] };
    let dates = Some((period.from(), period.to()));
    let rows = store::select(conn, reading, collection, &columns, dates).await?;
    let counted = rows.iter().filter(|(_, values)| {
        counts.is_empty()
            || values.get(1).and_then(Value::text).is_some_and(|status| counts.contains(&status))
    });
    Ok(counted.filter_map(|(_, values)| values.first().and_then(Value::date)).collect())
}

impl RatingTrend {
    fn of(trend: trends::RatingTrend) -> Self {
        let Spread { n, mean, min, max } = trend.total;
        let series = trend.series.into_iter().map(|(start, spread)| {
            let Spread { n, mean, min, max } = spread;
            RatingBucket { start, n, mean, min, max }
        });
        let averages = trend.moving_average_7.into_iter().map(|(date, value)| AveragePoint { date, value });
        Self {
            n,
            mean,
            min,
            max,
            direction: Shown::of(trend.direction, Direction::of),
            previous: Shown::of(trend.previous, Previous::of),
            series: series.collect(),
            moving_average_7: averages.collect(),
        }
    }
}

impl Direction {
    fn of(direction: trends::Direction) -> Self {
        Self { per_week: direction.per_week, word: direction.word.as_str() }
    }
}

impl Previous {
    fn of(previous: trends::Previous) -> Self {
        let trends::Previous { n, mean, difference } = previous;
        Self { n, mean, difference }
    }
}

impl CravingTrend {
    fn of(trend: cravings::CravingTrend) -> Self {
        let CravingSum { n, mean_intensity, passed, used, open, passed_share, .. } = trend.total;
        let series = trend.series.into_iter().map(|(start, sum)| {
            let CravingSum { n, mean_intensity, max_intensity, passed, used, .. } = sum;
            CravingBucket { start, n, mean_intensity, max_intensity, passed, used }
        });
        Self {
            n,
            mean_intensity,
            passed,
            used,
            open,
            passed_share,
            series: series.collect(),
            direction: Shown::of(trend.direction, Direction::of),
            previous: Shown::of(trend.previous, Previous::of),
        }
    }
}

impl Counts {
    fn of(counts: trends::Counts) -> Self {
        let series = counts.series.into_iter().map(|(start, n)| CountBucket { start, n });
        Self { n: counts.n, series: series.collect() }
    }
}

/// Serializes pairs as an object in their order, and describes it member by member.
macro_rules! object_of_pairs {
    ($object:ident, $entry:ident, $names:expr) => {
        impl Serialize for $object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(name, entry)| (name, entry)))
            }
        }

        impl PartialSchema for $object {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new();
                let add = |object: ObjectBuilder, name: &'static str| {
                    object.property(name, Ref::from_schema_name($entry::name())).required(name)
                };
                $names.fold(object, add).into()
            }
        }

        impl ToSchema for $object {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($object))
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                schemas.push(($entry::name().into_owned(), $entry::schema()));
                $entry::schemas(schemas);
            }
        }
    };
}

object_of_pairs!(Ratings, RatingTrend, rated());
object_of_pairs!(Counted, Counts, COUNTED.into_iter().filter(|name| Collection::named(name).is_some()));

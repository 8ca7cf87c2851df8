//! `/v1/trends`: ratings, cravings and counts over a range.

use chrono::{Datelike as _, Days, NaiveDate};
use serde_json::{Map, Value as Json, json};

use super::care::{attended, covering};
use super::streaks::monday;
use super::{Exact, Range, Slow, date, days, figure, mean, median, number, percent, two};

const RATINGS: [&str; 9] =
    ["mood", "anxiety", "stress", "energy", "pain", "craving", "commitment", "sleep_hours", "sleep_quality"];

impl Slow<'_> {
    /// `/v1/trends`
    pub fn trends(&self, range: Range, bucket: &str) -> Json {
        let ratings: Map<String, Json> =
            RATINGS.iter().map(|name| ((*name).to_owned(), self.rating_trend(name, range, bucket))).collect();
        let checked_in = self.dates("check_ins");
        let count = |collection| {
            let counts = |record: &&Json| match collection {
                "sessions" => attended(record),
                "doses" => covering(record),
                _ => true,
            };
            let of = |range| self.between(collection, range).into_iter().filter(|one| counts(one)).count();
            let buckets = buckets(range, bucket).into_iter();
            let series: Vec<Json> =
                buckets.map(|(start, part)| json!({"start": start, "n": of(part)})).collect();
            json!({"n": of(range), "series": series})
        };
        json!({
            "from": range.0.to_string(), "to": range.1.to_string(), "bucket": bucket,
            "coverage": {"days": days(range).count(),
                "with_check_in": days(range).filter(|day| checked_in.contains(day)).count()},
            "ratings": ratings,
            "cravings": self.craving_trend(range, bucket),
            "counts": {"meetings": count("meetings"), "sessions": count("sessions"), "doses": count("doses"),
                "lapses": count("lapses")},
        })
    }

    fn rating_trend(&self, name: &str, range: Range, bucket: &str) -> Json {
        let values = |range| -> Vec<Exact> { self.ratings(name, range).iter().map(|day| day.1).collect() };
        let summed = |range| {
            let values = values(range);
            json!({"n": values.len(), "mean": two(mean(&values)), "min": two(values.iter().min().copied()),
                "max": two(values.iter().max().copied())})
        };
        let buckets = buckets(range, bucket).into_iter().map(|(start, part)| {
            let mut bucket = summed(part);
            bucket["start"] = json!(start);
            bucket
        });
        let average = |day: NaiveDate| {
            let week = values((day - Days::new(6), day));
            let value = if week.len() < 4 { None } else { mean(&week) };
            json!({"date": day.to_string(), "value": two(value)})
        };
        let mut trend = summed(range);
        trend["direction"] = direction(&self.ratings(name, range));
        trend["previous"] = compared(&values(range), &values(before(range)));
        trend["series"] = buckets.collect();
        trend["moving_average_7"] = days(range).map(average).collect();
        trend
    }

    fn craving_trend(&self, range: Range, bucket: &str) -> Json {
        let cravings = |range| self.between("cravings", range);
        let intensities = |range| -> Vec<Exact> {
            cravings(range).into_iter().filter_map(|craving| number(&craving["intensity"])).collect()
        };
        let ended = |range, outcome: &str| {
            // An outcome that was not given is open.
            let of = |craving: &&Json| craving["outcome"].as_str().unwrap_or("open") == outcome;
            cravings(range).into_iter().filter(of).count()
        };
        let buckets = buckets(range, bucket).into_iter().map(|(start, part)| {
            let max = cravings(part).iter().filter_map(|craving| craving["intensity"].as_u64()).max();
            json!({"start": start, "n": cravings(part).len(), "mean_intensity": two(mean(&intensities(part))),
                "max_intensity": max, "passed": ended(part, "passed"), "used": ended(part, "used")})
        });
        let daily: Vec<(NaiveDate, Exact)> =
            days(range).filter_map(|day| Some((day, mean(&intensities((day, day)))?))).collect();
        let (passed, used) = (ended(range, "passed"), ended(range, "used"));
        json!({
            "n": cravings(range).len(), "mean_intensity": two(mean(&intensities(range))),
            "passed": passed, "used": used, "open": ended(range, "open"),
            "passed_share": percent(passed, passed + used),
            "series": buckets.collect::<Vec<_>>(),
            "direction": direction(&daily),
            "previous": compared(&intensities(range), &intensities(before(range))),
        })
    }
}

/// The period of equal length just before.
fn before((from, to): Range) -> Range {
    let length = days((from, to)).count() as u64;
    (from - Days::new(length), from - Days::new(1))
}

/// The buckets of a range, cut to it but named by their full start.
fn buckets(range: Range, bucket: &str) -> Vec<(String, Range)> {
    let start = |day: NaiveDate| match bucket {
        "day" => day,
        "week" => monday(day),
        "month" => day.with_day(1).expect("a first day"),
        other => panic!("no bucket {other}"),
    };
    let mut buckets: Vec<(String, Range)> = Vec::new();
    for day in days(range) {
        let name = start(day).to_string();
        match buckets.last_mut() {
            Some((last, part)) if *last == name => part.1 = day,
            _ => buckets.push((name, (day, day))),
        }
    }
    buckets
}

/// Theil–Sen: the median of the slopes of all pairs.
fn direction(values: &[(NaiveDate, Exact)]) -> Json {
    figure(values.len(), 14, || {
        let mut slopes = Vec::new();
        for (later, (day, value)) in values.iter().enumerate() {
            for (earlier, from) in &values[..later] {
                slopes.push(value.minus(*from).over(Exact::whole((*day - *earlier).num_days())));
            }
        }
        let per_week = median(slopes).expect("14 days have slopes").times(Exact::whole(7));
        let quarter = Exact::new(1, 4);
        let word = if per_week >= quarter {
            "rising"
        } else if per_week <= Exact::new(-1, 4) {
            "easing"
        } else {
            "steady"
        };
        json!({"per_week": per_week.rounded(2), "word": word})
    })
}

/// A period against the previous one.
fn compared(now: &[Exact], previous: &[Exact]) -> Json {
    figure(now.len().min(previous.len()), 5, || {
        let (now, mean_before) = (mean(now).expect("five"), mean(previous).expect("five"));
        json!({"n": previous.len(), "mean": mean_before.rounded(2),
            "difference": now.minus(mean_before).rounded(2)})
    })
}

/// The range that a request asks for: by default the last 30 dates ending today; cut at today.
pub fn range(from: Option<&str>, to: Option<&str>, today: NaiveDate) -> Range {
    let parse = |text: &str| date(&json!(text));
    let to = to.map_or(today, parse).min(today);
    (from.map_or(to - Days::new(29), parse), to)
}

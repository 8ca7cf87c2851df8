//! Assessments: answers to a questionnaire of the catalogue, scored here and nowhere else. A score is a number
//! with a range that has a name; it is never a diagnosis.

use std::sync::OnceLock;

use crate::catalogue::{Catalogue, INSTRUMENTS, Instrument, InstrumentScore, ScoreBand};
use crate::fields::{Field, Kind, Mistakes, Value, patterns};
use crate::journal::collection::{Collection, LOCAL_DATE, OCCURRED_AT, Rule, TIME_ZONE, Values};

/// Greatest answer or score of any instrument: WHO-5 goes to 100.
const MOST: i64 = 100;
/// The band of a score that is worth talking about, where an instrument has subscores and no total.
const FLAG: &str = "flag";

/// The collection.
pub static ASSESSMENTS: Collection = Collection {
    name: "assessments",
    singular: "assessment",
    about: "Answers to a questionnaire such as the PHQ-9, with the score that the server makes of them.",
    fields: &[
        OCCURRED_AT,
        TIME_ZONE,
        LOCAL_DATE,
        Field::required(
            "instrument",
            Kind::Choice(INSTRUMENTS),
            "The questionnaire, as the catalogue calls it.",
        ),
        Field::required(
            "instrument_version",
            Kind::Formed(&patterns::VERSION),
            "Its version in the catalogue; records keep theirs when a newer one comes.",
        ),
        Field::required(
            "answers",
            Kind::Integers { min: 0, max: MOST },
            "The answers in the order of the items, as many and as large as the instrument has them.",
        ),
        Field::derived(
            "score",
            Kind::Integer { min: 0, max: MOST },
            "The total; null for an instrument that has subscores and no total.",
        ),
        Field::derived(
            "subscores",
            Kind::Integers { min: 0, max: MOST },
            "The subscores in the order of the instrument's scores; null for one that has a total.",
        ),
        Field::derived(
            "band",
            Kind::Formed(&patterns::SLUG),
            "The range of the total, whose words the catalogue has; with subscores, `flag` if one of them is in its \
             range worth talking about, else `no_flag`.",
        ),
    ],
    dated_by: Some("local_date"),
    filters: &["instrument"],
    rules: &[Rule::Own(score)],
    example: r#"{"occurred_at":"2026-11-02T09:00:00-05:00","time_zone":"America/New_York","instrument":"phq9",
        "instrument_version":"1","answers":[1,1,2,1,0,1,1,0,0]}"#,
    sql: OnceLock::new(),
};

/// Holds the answers against the instrument and works the scores out.
fn score(values: &mut Values<'_>, mistakes: &mut Mistakes) {
    let (Some(code), Some(version)) =
        (values.get("instrument").text(), values.get("instrument_version").text())
    else {
        return;
    };
    let Some(instrument) = Catalogue::builtin().instrument(code, version) else {
        mistakes.add(
            "instrument_version",
            "unknown_value",
            format!("must be a version of {code} in the catalogue"),
        );
        return;
    };
    let Value::Ints(answers) = values.get("answers") else { return };
    let allowed = i64::from(instrument.answer_min)..=i64::from(instrument.answer_max);
    if answers.len() != instrument.item_count as usize
        || answers.iter().any(|answer| !allowed.contains(answer))
    {
        let message = format!(
            "must be {} answers from {} to {}",
            instrument.item_count, instrument.answer_min, instrument.answer_max
        );
        mistakes.add("answers", "not_of_the_instrument", message);
        return;
    }
    let scored: Vec<(i64, &ScoreBand)> =
        instrument.scores.iter().filter_map(|score| with_band(score, answers)).collect();
    let (total, subscores, band) = conclude(instrument, &scored);
    values.set("score", total.map_or(Value::Null, Value::Int));
    values.set("subscores", subscores.map_or(Value::Null, Value::Ints));
    values.set("band", band.map_or(Value::Null, |band| Value::Text(band.to_owned())));
}

/// A score and its band.
fn with_band<'a>(score: &'a InstrumentScore, answers: &[i64]) -> Option<(i64, &'a ScoreBand)> {
    let items = score.items.iter().filter_map(|number| answers.get(*number as usize - 1));
    let sum = items.sum::<i64>() * i64::from(score.multiply_by);
    let band = score.bands.iter().find(|band| (i64::from(band.from)..=i64::from(band.to)).contains(&sum));
    band.map(|band| (sum, band))
}

type Conclusion<'a> = (Option<i64>, Option<Vec<i64>>, Option<&'a str>);

/// One score is the total with its band; several are subscores, flagged or not.
fn conclude<'a>(instrument: &Instrument, scored: &[(i64, &'a ScoreBand)]) -> Conclusion<'a> {
    if let ([_], [(total, band)]) = (instrument.scores.as_slice(), scored) {
        return (Some(*total), None, Some(&band.slug));
    }
    let flagged = scored.iter().any(|(_, band)| band.slug == FLAG);
    (None, Some(scored.iter().map(|(sum, _)| *sum).collect()), Some(if flagged { FLAG } else { "no_flag" }))
}

#[cfg(test)]
#[path = "assessments_tests.rs"]
mod tests;

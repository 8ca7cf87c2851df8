//! Scores and bands by the published tables; answers that are not an instrument's.

use serde_json::{Value as Json, json};

use super::*;
use crate::fields::read;

/// Score, subscores and band of answers, or the pointers of the mistakes.
fn assess(instrument: &str, version: &str, answers: &[i64]) -> Result<(Json, Json, Json), Vec<String>> {
    let body = json!({"instrument": instrument, "instrument_version": version, "answers": answers});
    let mut mistakes = Mistakes::default();
    let mut values = read::read(ASSESSMENTS.fields, body.as_object().unwrap(), None, &mut mistakes);
    let mut named = Values { fields: ASSESSMENTS.fields, values: &mut values };
    score(&mut named, &mut mistakes);
    let mistakes = mistakes.into_vec();
    if !mistakes.is_empty() {
        return Err(mistakes.into_iter().map(|mistake| mistake.pointer).collect());
    }
    let shown = |name: &str| match named.get(name) {
        Value::Int(number) => json!(number),
        Value::Ints(numbers) => json!(numbers),
        Value::Text(text) => json!(text),
        _ => Json::Null,
    };
    Ok((shown("score"), shown("subscores"), shown("band")))
}

/// Least and greatest score of each band, and what it is called.
type Bands = &'static [(i64, i64, &'static str)];

/// Answers of `most` at the most that add up to `sum`.
fn adding_up_to(items: usize, least: i64, most: i64, sum: i64) -> Vec<i64> {
    let mut left = sum - least * i64::try_from(items).unwrap();
    let answers = (0..items).map(|_| {
        let more = left.clamp(0, most - least);
        left -= more;
        least + more
    });
    let answers: Vec<i64> = answers.collect();
    assert_eq!(left, 0, "{sum} cannot be reached");
    answers
}

#[test]
fn totals_fall_into_the_published_bands() {
    // Kroenke, Spitzer and Williams 2001 (PHQ-9); Spitzer and others 2006 (GAD-7); Kroenke and others 2003 and 2007
    // (PHQ-2, GAD-2: cutoff 3); Vilsaint and others 2017 (BARC-10: 47). Each band at both its ends.
    let tables: [(&str, usize, i64, i64, Bands); 5] = [
        (
            "phq9",
            9,
            0,
            3,
            &[
                (0, 4, "minimal"),
                (5, 9, "mild"),
                (10, 14, "moderate"),
                (15, 19, "moderately_severe"),
                (20, 27, "severe"),
            ],
        ),
        ("gad7", 7, 0, 3, &[(0, 4, "minimal"), (5, 9, "mild"), (10, 14, "moderate"), (15, 21, "severe")]),
        ("phq2", 2, 0, 3, &[(0, 2, "below_cutoff"), (3, 6, "at_cutoff")]),
        ("gad2", 2, 0, 3, &[(0, 2, "below_cutoff"), (3, 6, "at_cutoff")]),
        ("barc10", 10, 1, 6, &[(10, 46, "building"), (47, 60, "sustained_remission")]),
    ];
    for (instrument, items, least, most, bands) in tables {
        for (from, to, band) in bands {
            for sum in [*from, *to] {
                let answers = adding_up_to(items, least, most, sum);
                let wanted = (json!(sum), Json::Null, json!(band));
                assert_eq!(assess(instrument, "1", &answers), Ok(wanted), "{instrument} {answers:?}");
            }
        }
    }
}

#[test]
fn who5_is_four_times_the_sum() {
    // World Health Organization 1998: raw score 0 to 25, times four; 50 or less low, 28 or less very low.
    for (raw, score, band) in [
        (0, 0, "very_low"),
        (7, 28, "very_low"),
        (8, 32, "low"),
        (12, 48, "low"),
        (13, 52, "above_cutoff"),
        (25, 100, "above_cutoff"),
    ] {
        let answers = adding_up_to(5, 0, 5, raw);
        assert_eq!(assess("who5", "1", &answers), Ok((json!(score), Json::Null, json!(band))));
    }
}

#[test]
fn bam_r_has_three_subscores_and_no_total() {
    // Items from 1:     1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17
    let answers = |use_: i64, risk: i64, protective: i64| {
        let mut answers = [0; 17];
        answers[3] = use_;
        answers[0] = risk.min(4);
        answers[1] = (risk - 4).clamp(0, 4);
        answers[14] = (risk - 8).clamp(0, 4);
        answers[8] = protective.min(4);
        answers[9] = (protective - 4).clamp(0, 4);
        answers[11] = (protective - 8).clamp(0, 4);
        answers[15] = (protective - 12).clamp(0, 4);
        // Scored by nobody.
        answers[6] = 4;
        answers[16] = 4;
        answers
    };
    // Flags: use of 1 or more, risk of 12 or more, protection of 12 or less.
    for (subscores, band) in
        [([0, 11, 13], "no_flag"), ([1, 11, 13], "flag"), ([0, 12, 13], "flag"), ([0, 11, 12], "flag")]
    {
        let given = answers(subscores[0], subscores[1], subscores[2]);
        assert_eq!(assess("bam_r", "1", &given), Ok((Json::Null, json!(subscores), json!(band))));
    }
}

#[test]
fn a_clinicians_total_is_kept_as_it_is() {
    for (total, band) in
        [(4, "below_mild"), (5, "mild"), (13, "moderate"), (25, "moderately_severe"), (37, "severe")]
    {
        assert_eq!(assess("cows_total", "1", &[total]), Ok((json!(total), Json::Null, json!(band))));
    }
}

#[test]
fn what_is_not_the_instruments_is_refused() {
    let answers = Err(vec!["/answers".to_owned()]);
    assert_eq!(assess("phq9", "1", &[0; 8]), answers, "one answer is missing");
    assert_eq!(assess("phq9", "1", &[0; 10]), answers, "one too many");
    assert_eq!(assess("phq9", "1", &[4, 0, 0, 0, 0, 0, 0, 0, 0]), answers, "0 to 3");
    assert_eq!(assess("barc10", "1", &[0; 10]), answers, "1 to 6");
    assert_eq!(assess("phq9", "2", &[0; 9]), Err(vec!["/instrument_version".to_owned()]));
}

#[test]
fn scores_that_are_sent_are_not_believed() {
    let body = json!({"instrument": "phq2", "instrument_version": "1", "answers": [1, 2], "score": 6,
        "subscores": [7], "band": "below_cutoff"});
    let mut mistakes = Mistakes::default();
    let mut values = read::read(ASSESSMENTS.fields, body.as_object().unwrap(), None, &mut mistakes);
    let mut named = Values { fields: ASSESSMENTS.fields, values: &mut values };
    score(&mut named, &mut mistakes);
    assert!(mistakes.is_empty());
    assert_eq!(named.get("score").int(), Some(3));
    assert_eq!(named.get("band").text(), Some("at_cutoff"));
    assert!(named.get("subscores").is_null());
}

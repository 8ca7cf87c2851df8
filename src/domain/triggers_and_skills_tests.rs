//! Golden vectors of `triggers_and_skills`.

use super::super::cravings::Outcome::{self, Open, Passed, Used};
use super::*;
use chrono::NaiveDate;

fn craving(intensity: u8, outcome: Outcome) -> Craving {
    Craving { local_date: NaiveDate::from_ymd_opt(2026, 10, 1).unwrap(), intensity, outcome }
}

fn list<'a>(episodes: &'a [(Craving, &'a [&'a str])]) -> Figure<Vec<Trigger<&'a str>>> {
    triggers(episodes.iter().map(|(craving, ids)| (craving, *ids)))
}

#[test]
fn triggers_are_listed_most_frequent_first() {
    let episodes: [(Craving, &[&str]); 6] = [
        (craving(8, Passed), &["stress"]),
        (craving(5, Used), &["boredom", "stress"]),
        (craving(6, Open), &["boredom", "boredom"]),
        (craving(2, Passed), &["anger"]),
        (craving(9, Passed), &["boredom"]),
        (craving(1, Open), &[]),
    ];
    let Figure::Ok(listed) = list(&episodes) else { panic!("six episodes are enough") };
    let shown: Vec<_> = listed
        .iter()
        .map(|it| (it.id, it.episodes.n, it.share, it.episodes.mean_intensity, it.episodes.passed_share))
        .collect();
    let expected = [
        ("boredom", 3, 50.0, Some(6.67), Some(50.0)), // 5 6 9; one passed, one used, one open; named twice counts once
        ("stress", 2, 33.3, Some(6.5), Some(50.0)),   // 8 5
        ("anger", 1, 16.7, Some(2.0), Some(100.0)),   // fewer than five of its own are listed all the same
    ];
    assert_eq!(shown, expected);
}

#[test]
fn triggers_need_five_episodes_of_any_kind() {
    let four = [(craving(8, Passed), ["stress"].as_slice()); 4];
    assert_eq!(list(&four), Figure::NeedsMore { have: 4, need: 5 });
    let five = [(craving(8, Passed), [].as_slice()); 5];
    assert_eq!(list(&five), Figure::Ok(vec![]), "five without a trigger: the list is empty, and true");
    assert_eq!(list(&[]), Figure::NeedsMore { have: 0, need: 5 });
}

#[test]
fn a_trigger_whose_episodes_are_all_open_has_no_share_that_passed() {
    let five = [(craving(8, Open), ["stress"].as_slice()); 5];
    let Figure::Ok(listed) = list(&five) else { panic!("five are enough") };
    assert_eq!((listed[0].share, listed[0].episodes.passed_share), (100.0, None));
}

#[test]
fn relief_is_the_median_beside_the_unaided() {
    let got = skills::<&str>([
        (8, Some(3), ["breathing"].as_slice()),              // 5
        (7, Some(5), ["breathing", "call_peer"].as_slice()), // 2 for both
        (6, Some(6), ["breathing", "breathing"].as_slice()), // 0, once
        (9, Some(2), ["breathing"].as_slice()),              // 7
        (9, None, ["breathing"].as_slice()),                 // not measured
        (4, None, ["rest"].as_slice()),                      // never measured
        (5, Some(4), &[]),                                   // 1
        (5, Some(7), &[]),                                   // −2: it grew
        (5, Some(5), &[]),                                   // 0
    ]);
    assert_eq!(got.baseline, Figure::Ok(Relief { n: 3, median: 0.0 }), "−2 0 1");
    let more = |have| Figure::NeedsMore { have, need: 3 };
    let expected = [
        ("breathing", Figure::Ok(Relief { n: 4, median: 3.5 })), // 0 2 5 7
        ("call_peer", more(1)),
        ("rest", more(0)),
    ];
    assert_eq!(got.skills, expected);
}

#[test]
fn the_baseline_needs_three_too() {
    let got = skills::<&str>([(5, Some(4), [].as_slice()), (5, Some(3), &[]), (5, None, &[])]);
    assert_eq!(got.baseline, Figure::NeedsMore { have: 2, need: 3 }, "the third has no intensity after");
    assert_eq!(got.skills, []);
}

#[test]
fn order_of_writing_never_matters() {
    let mut episodes = vec![
        (8, Some(3), ["b", "a"].as_slice()),
        (7, Some(5), ["a"].as_slice()),
        (6, Some(6), ["c"].as_slice()),
        (6, Some(1), [].as_slice()),
    ];
    let forward = skills(episodes.clone());
    episodes.reverse();
    assert_eq!(forward, skills(episodes));
    assert_eq!(
        forward.skills.iter().map(|(id, _)| *id).collect::<String>(),
        "abc",
        "of equals the smaller id first"
    );
}

//! A real mood diary (`tests/data/README.md`) as check-ins; figures worked out by hand from the file.

use serde_json::{Value as Json, json};

use crate::support::matching::assert_holds;
use crate::support::{Client, Server, both};

both!(a_real_diary_has_the_figures_worked_out_by_hand);

const DIARY: &str = include_str!("../../data/daylio-12h.csv");

/// The diary's own words as points; the last two are the person's own.
const MOODS: [(&str, u8); 6] = [("rad", 10), ("good", 8), ("meh", 5), ("bad", 3), ("Sick", 2), ("Cry", 1)];

/// Writes the diary as it stands: newest first, several entries on some days.
fn load(member: &Client) {
    let mut lines = DIARY.lines();
    assert_eq!(lines.next(), Some("full_date,date,weekday,time,mood,activities,note"));
    for line in lines {
        let columns: Vec<&str> = line.split(',').collect();
        let (date, word) = (columns[0], columns[4]);
        let (_, mood) = MOODS.iter().find(|(known, _)| *known == word).expect("a known mood");
        member.post("/v1/check-ins", &json!({"local_date": date, "mood": mood})).expect(201);
    }
}

fn a_real_diary_has_the_figures_worked_out_by_hand(server: &Server) {
    let member = server.member();
    load(&member);
    the_streak_is_the_whole_diary(&member);
    the_last_week_against_the_one_before(&member);
    a_month_with_several_entries_on_some_days(&member);
    a_fortnight_that_rises(&member);
}

fn ask(member: &Client, path: &str) -> Json {
    member.get(path).expect(200).json.clone()
}

/// The file has each of the 395 dates from 22 November 2019 to 20 December 2020 at least once: 9 in that
/// November, 31 in December, 366 in the leap year less its last 11 days = 355; 9 + 31 + 355 = 395.
fn the_streak_is_the_whole_diary(member: &Client) {
    let streak = |as_of: &str| ask(member, &format!("/v1/streaks?as_of={as_of}"))["check_ins"].clone();
    // The last day itself; the day after, which is still open; the day after that, when the streak has ended.
    for (as_of, current) in [("2020-12-20", 395), ("2020-12-21", 395), ("2020-12-22", 0)] {
        let wanted =
            json!({"current": current, "longest": 395, "total_days": 395, "last_date": "2020-12-20"});
        assert_eq!(streak(as_of), wanted, "{as_of}");
    }
    // 9 + 31 in 2019, then 31 + 29 + 31 + 30 + 31 + 30 to the end of June: 222. What came later is not known.
    let wanted = json!({"current": 222, "longest": 222, "total_days": 222, "last_date": "2020-06-30"});
    assert_eq!(streak("2020-06-30"), wanted);
    assert_eq!(streak("2019-11-21")["total_days"], 0);
}

/// 14 to 20 December: bad, meh, meh, meh, good, good, meh = 3 + 5 + 5 + 5 + 8 + 8 + 5 = 39; 39/7 = 5.571….
/// The week before: meh, good, rad, rad, rad, rad, bad = 5 + 8 + 40 + 3 = 56; 56/7 = 8. Difference −17/7 =
/// −2.428….
fn the_last_week_against_the_one_before(member: &Client) {
    let trends = ask(member, "/v1/trends?as_of=2020-12-25&from=2020-12-14&to=2020-12-20");
    assert_eq!(trends["coverage"], json!({"days": 7, "with_check_in": 7}));
    let mood = &trends["ratings"]["mood"];
    assert_holds(mood, &json!({"n": 7, "mean": 5.57, "min": 3, "max": 8}));
    assert_holds(&mood["previous"], &json!({"status": "ok", "n": 7, "mean": 8, "difference": -2.43}));
    // Seven days of data are half of what a direction needs.
    assert_eq!(mood["direction"], json!({"status": "needs_more", "have": 7, "need": 14}));
    let averages = mood["moving_average_7"].as_array().unwrap();
    // Ending on the 14th: the days from the 8th on, 8 + 4 × 10 + 3 + 3 = 54; 54/7 = 7.714…. They are before
    // the range, and count.
    assert_holds(&averages[0], &json!({"date": "2020-12-14", "value": 7.71}));
    assert_holds(&averages[6], &json!({"date": "2020-12-20", "value": 5.57}));
    assert_eq!(trends["ratings"]["anxiety"]["n"], 0);

    // After the diary's end: the moving average runs on for as long as four of its seven days have an entry.
    let late = ask(member, "/v1/trends?as_of=2020-12-25&from=2020-12-22&to=2020-12-25");
    let averages = late["ratings"]["mood"]["moving_average_7"].as_array().unwrap();
    // To the 22nd: 16th to 20th = 5 + 5 + 8 + 8 + 5 = 31 over five days. To the 23rd: 26 over four, 6.5. To the
    // 24th: three days only.
    let values: Vec<&Json> = averages.iter().map(|point| &point["value"]).collect();
    assert_eq!(values, [&json!(6.2), &json!(6.5), &Json::Null, &Json::Null]);
    assert_eq!(late["coverage"], json!({"days": 4, "with_check_in": 0}));
}

/// February 2020 has 29 days with an entry: 16 good (8 each: 128), 9 meh (45), one rad (10); the 7th is bad twice
/// (3), the 11th meh and rad (7.5), the 25th good and bad (5.5). 128 + 45 + 10 + 3 + 7.5 + 5.5 = 199; 199/29 =
/// 6.862….
fn a_month_with_several_entries_on_some_days(member: &Client) {
    let trends = ask(member, "/v1/trends?as_of=2020-12-20&from=2019-12-09&to=2020-02-29&bucket=month");
    let series = trends["ratings"]["mood"]["series"].as_array().unwrap();
    let starts: Vec<&Json> = series.iter().map(|bucket| &bucket["start"]).collect();
    assert_eq!(starts, ["2019-12-01", "2020-01-01", "2020-02-01"]);
    assert_holds(&series[2], &json!({"n": 29, "mean": 6.86, "min": 3, "max": 10}));
    // December is cut to its days from the 9th on: 23.
    assert_eq!(series[0]["n"], 23);

    // 9 December 2019: good, rad, rad = 28/3.
    let days = ask(member, "/v1/days?as_of=2020-12-20&from=2019-12-09&to=2019-12-09");
    assert_holds(&days["days"][0], &json!({"date": "2019-12-09", "checked_in": true, "mood": 9.33}));
}

/// 23 April to 6 May 2020: bad, bad, nine times meh, good, good, rad. Of the 91 pairs of days none falls and 38
/// are level (1 of bad, 36 of meh, 1 of good), so the median, the 46th, is the eighth of the rising ones from
/// below. Those are, least first: bad to meh, 2 points over at most ten days: 2/10, 2/9, 2/9, 2/8, 2/8, 2/7, 2/7;
/// then meh to good, 3 points over at most ten days: 3/10, before 2/6. 0.3 a day is 2.1 a week.
fn a_fortnight_that_rises(member: &Client) {
    let trends = ask(member, "/v1/trends?as_of=2020-12-20&from=2020-04-23&to=2020-05-06&bucket=week");
    let mood = &trends["ratings"]["mood"];
    assert_eq!(mood["direction"], json!({"status": "ok", "per_week": 2.1, "word": "rising"}));
    // 6 + 45 + 16 + 10 = 77 over 14 days, and the fortnight before has the same 77 in another order.
    assert_holds(mood, &json!({"n": 14, "mean": 5.5, "min": 3, "max": 10}));
    assert_holds(&mood["previous"], &json!({"n": 14, "mean": 5.5, "difference": 0}));
    // 23 April 2020 is a Thursday: four days of that week (3 + 3 + 5 + 5), seven of meh, and three (8 + 8 + 10).
    let series: Vec<(&Json, &Json, &Json)> = mood["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["start"], &one["n"], &one["mean"]))
        .collect();
    let wanted = [
        (json!("2020-04-20"), json!(4), json!(4.0)),
        (json!("2020-04-27"), json!(7), json!(5.0)),
        (json!("2020-05-04"), json!(3), json!(8.67)),
    ];
    assert_eq!(series, wanted.each_ref().map(|(start, n, mean)| (start, n, mean)));
}

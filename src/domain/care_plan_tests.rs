//! Golden vectors of `care_plan`.

use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn period(from: &str, to: &str) -> Period {
    Period::new(date(from), date(to)).unwrap()
}

fn iop(id: char, starts_on: &str, ends_on: Option<&str>) -> Episode<char> {
    let hours_per_day = Some(Ratio::whole(3));
    Episode {
        id,
        starts_on: date(starts_on),
        ends_on: ends_on.map(date),
        days_per_week: Some(4),
        hours_per_day,
    }
}

fn session(on: &str, minutes: u32, episode: Option<char>) -> Attended<char> {
    Attended { local_date: date(on), minutes, episode }
}

/// start, episode, planned hours, attended hours, planned sessions, attended sessions
type Row = (String, usize, Option<f64>, f64, Option<u32>, u32);

fn shown(weeks: &[Week]) -> Vec<Row> {
    let row = |week: &Week| {
        let Week { start, episode, planned_hours, attended_hours, planned_sessions, attended_sessions } =
            *week;
        (start.to_string(), episode, planned_hours, attended_hours, planned_sessions, attended_sessions)
    };
    weeks.iter().map(row).collect()
}

#[test]
fn whole_weeks_are_planned_and_attended() {
    // Mondays: 5, 12 and 19 October 2026. The episode runs from Wednesday the 7th to Tuesday the 20th.
    let episodes = [iop('a', "2026-10-07", Some("2026-10-20"))];
    let sessions = [
        session("2026-10-05", 180, Some('a')), // in its first week, before it began
        session("2026-10-08", 180, Some('a')),
        session("2026-10-11", 180, None),     // belongs to no episode: counts
        session("2026-10-09", 60, Some('b')), // belongs to another one
        session("2026-10-14", 0, Some('a')),  // attended, minutes unknown
        session("2026-10-20", 50, Some('a')),
        session("2026-10-27", 50, Some('a')), // after its last week
    ];
    let got = weeks(&episodes, &sessions, period("2026-10-01", "2026-10-31"), date("2026-11-30"));
    let expected = [
        ("2026-10-05".to_owned(), 0, Some(12.0), 9.0, Some(4), 3),
        ("2026-10-12".to_owned(), 0, Some(12.0), 0.0, Some(4), 1),
        ("2026-10-19".to_owned(), 0, Some(12.0), 0.83, Some(4), 1), // 50/60 = 0.8333…
    ];
    assert_eq!(shown(&got), expected);
}

#[test]
fn the_period_chooses_weeks_and_does_not_cut_them() {
    let episodes = [iop('a', "2026-10-01", None)];
    let sessions =
        [session("2026-10-05", 60, None), session("2026-10-11", 60, None), session("2026-10-12", 60, None)];
    let got = weeks(&episodes, &sessions, period("2026-10-07", "2026-10-08"), date("2026-11-30"));
    assert_eq!(
        shown(&got),
        [("2026-10-05".to_owned(), 0, Some(12.0), 2.0, Some(4), 2)],
        "Monday and Sunday of that week"
    );
    assert_eq!(session_dates(period("2026-10-07", "2026-10-08")), (date("2026-10-05"), date("2026-10-11")));
}

#[test]
fn an_episode_without_an_end_goes_up_to_today() {
    let episodes = [iop('a', "2026-10-01", None)];
    let sessions = [session("2026-10-12", 60, None), session("2026-10-14", 60, None)];
    let got = weeks(&episodes, &sessions, period("2026-10-05", "2026-10-31"), date("2026-10-13"));
    let expected = [
        ("2026-10-05".to_owned(), 0, Some(12.0), 0.0, Some(4), 0),
        ("2026-10-12".to_owned(), 0, Some(12.0), 1.0, Some(4), 1), // the session of the 14th has not been yet
    ];
    assert_eq!(shown(&got), expected);
}

#[test]
fn episodes_side_by_side_are_listed_by_week() {
    let detox =
        Episode { days_per_week: None, hours_per_day: None, ..iop('d', "2026-10-05", Some("2026-10-11")) };
    let half = Episode {
        hours_per_day: Ratio::of(3, 2),
        days_per_week: Some(3),
        ..iop('h', "2026-10-05", Some("2026-10-12"))
    };
    let over = iop('o', "2026-09-01", Some("2026-09-30"));
    let sessions = [session("2026-10-06", 45, None), session("2026-10-07", 45, Some('h'))];
    let got = weeks(&[over, half, detox], &sessions, period("2026-10-01", "2026-10-31"), date("2026-11-30"));
    let expected = [
        ("2026-10-05".to_owned(), 1, Some(4.5), 1.5, Some(3), 2), // 3 × 1½ hours
        ("2026-10-05".to_owned(), 2, None, 0.75, None, 1),
        ("2026-10-12".to_owned(), 1, Some(4.5), 0.0, Some(3), 0),
    ];
    assert_eq!(shown(&got), expected, "the one that ended in September is not asked");
}

#[test]
fn nothing_planned_is_an_empty_list() {
    let sessions = [session("2026-10-06", 45, None)];
    assert_eq!(weeks::<char>(&[], &sessions, period("2026-10-01", "2026-10-31"), date("2026-11-30")), []);
    let later = [iop('a', "2026-12-01", None)];
    assert_eq!(weeks(&later, &sessions, period("2026-10-01", "2026-10-31"), date("2026-10-31")), []);
}

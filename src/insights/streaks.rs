//! Streaks: clocks, check-ins and meetings, on one day.

use std::collections::HashMap;

use chrono::NaiveDate;
use futures_util::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::figure::Shown;
use super::goals::ninety_in_ninety;
use crate::db::Conn;
use crate::db::types::Id;
use crate::domain::clocks::Clock;
use crate::domain::day_states::Pda;
use crate::domain::decimal::Decimal;
use crate::domain::streaks::{check_in_streak, meeting_streak};
use crate::error::{Error, Result};
use crate::fields::Value;
use crate::journal::collections::{clocks::CLOCKS, meetings::MEETINGS};
use crate::journal::today::Today;
use crate::journal::{Collection, Reading, history, store};

/// `GET /v1/streaks`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Streaks {
    /// The day they are about.
    as_of: NaiveDate,
    /// The zone in which today was found.
    time_zone: &'static str,
    /// In the order they were made; archived ones last.
    clocks: Vec<ClockStreak>,
    check_ins: CheckInStreak,
    meetings: MeetingStreak,
}

/// One sobriety clock. Days are whole civil days.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClockStreak {
    clock_id: Id,
    substance: String,
    label: Option<String>,
    /// Put away.
    archived: bool,
    /// `running`, or `open_lapse` while a lapse has not been resumed from.
    status: &'static str,
    /// What `current_days` counts from.
    since: NaiveDate,
    /// Days of the running span.
    current_days: u32,
    /// The day the person is living: `current_days` + 1.
    day_number: u32,
    /// The longest span.
    longest_days: u32,
    /// Days since `started_on`.
    journey_days: u32,
    /// `journey_days` less the used dates up to yesterday.
    substance_free_days: u32,
    /// Lapses recorded from the start to today.
    lapse_count: u32,
    last_milestone: Option<ReachedMilestone>,
    next_milestone: Option<NextMilestone>,
    pda_30: PercentFigure,
    pda_90: PercentFigure,
    money_kept: Option<Money>,
    /// A kind and true sentence.
    message: String,
}

/// A milestone that was reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReachedMilestone {
    /// Such as `hours_24`, `days_30`, `months_6`, `years_1`.
    #[schema(example = "days_90")]
    code: String,
    reached_on: NaiveDate,
}

/// A milestone that is next.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextMilestone {
    /// Such as `hours_24`, `days_30`, `months_6`, `years_1`.
    #[schema(example = "months_6")]
    code: String,
    on: NaiveDate,
    days_left: u32,
}

/// Percent days abstinent, among the days of which something is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct PercentDaysAbstinent {
    /// Percent, one decimal.
    value: f64,
    /// Days known to be free or used.
    known_days: u32,
}

/// The document's macro takes generic types apart; behind a name it takes them as they are.
pub type PercentFigure = Shown<PercentDaysAbstinent>;

/// An exact amount.
#[derive(Debug, Serialize, ToSchema)]
pub struct Money {
    /// Decimal string.
    #[schema(example = "3960.00")]
    amount: String,
    /// ISO 4217, if the clock says it.
    #[schema(example = "USD")]
    currency: Option<String>,
}

/// Consecutive dates with a check-in, ending today or yesterday.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckInStreak {
    current: u32,
    longest: u32,
    /// Dates with a check-in.
    total_days: u32,
    last_date: Option<NaiveDate>,
}

/// Consecutive ISO weeks with a meeting, the running week open; and meetings attended.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingStreak {
    current_weeks: u32,
    longest_weeks: u32,
    last_7_days: u32,
    last_30_days: u32,
    last_90_days: u32,
    total: u32,
    ninety_in_ninety: NinetyInNinety,
    next_milestone: MeetingMilestone,
}

/// Ninety meetings in ninety days.
#[derive(Debug, Serialize, ToSchema)]
pub struct NinetyInNinety {
    started_on: NaiveDate,
    attended: u32,
    of: u32,
}

/// The next number of meetings worth a mark.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingMilestone {
    #[schema(example = "meetings_100")]
    code: String,
    left: u32,
}

/// Works the streaks out.
pub async fn streaks(conn: &Conn<'_>, reading: &Reading<'_>, today: Today) -> Result<Streaks> {
    let (history, shown, meetings, ninety) = try_join!(
        history::load(conn, reading, None, today.date),
        store::select(conn, reading, &CLOCKS, &["substance", "label", "daily_cost", "currency"], None),
        dates(conn, reading, &MEETINGS),
        ninety_in_ninety(conn, reading),
    )?;
    let shown: HashMap<Id, Vec<Value>> = shown.into_iter().collect();
    let mut clocks = Vec::with_capacity(history.clocks.len());
    for known in &history.clocks {
        let [substance, label, daily_cost, currency] =
            shown.get(&known.id).map(Vec::as_slice).unwrap_or_default()
        else {
            return Err(Error::internal("a clock went away inside a snapshot"));
        };
        let text = |value: &Value| value.text().map(str::to_owned);
        let daily_cost = daily_cost.text().and_then(|cost| cost.parse::<Decimal>().ok());
        let clock = Clock {
            started_on: known.started_on,
            reset_policy: known.reset_policy,
            lapses: &known.lapses,
            daily_cost: daily_cost.as_ref(),
        };
        let figures = clock.figures(&history.reports, today.date);
        clocks.push(ClockStreak {
            clock_id: known.id,
            substance: text(substance).unwrap_or_default(),
            label: text(label),
            archived: known.archived,
            status: figures.status.as_str(),
            since: figures.since,
            current_days: figures.current_days,
            day_number: figures.day_number,
            longest_days: figures.longest_days,
            journey_days: figures.journey_days,
            substance_free_days: figures.substance_free_days,
            lapse_count: figures.lapse_count,
            last_milestone: figures.last_milestone.map(|reached| ReachedMilestone {
                code: reached.milestone.to_string(),
                reached_on: reached.reached_on,
            }),
            next_milestone: figures.next_milestone.map(|next| NextMilestone {
                code: next.milestone.to_string(),
                on: next.on,
                days_left: next.days_left,
            }),
            pda_30: Shown::of(figures.pda_30, abstinent),
            pda_90: Shown::of(figures.pda_90, abstinent),
            money_kept: figures
                .money_kept
                .map(|amount| Money { amount: amount.to_string(), currency: text(currency) }),
            message: figures.message,
        });
    }
    Ok(Streaks {
        as_of: today.date,
        time_zone: today.zone.name(),
        clocks,
        check_ins: check_in_streak(history.checked_in, today.date).into(),
        meetings: meeting_streak(meetings, ninety, today.date).into(),
    })
}

impl Streaks {
    /// The next milestone of every clock that has one, soonest first.
    pub fn next_milestones(&self) -> impl Iterator<Item = (String, NaiveDate)> + use<> {
        let running = self.clocks.iter().filter(|clock| !clock.archived);
        let mut next: Vec<_> = running
            .filter_map(|clock| clock.next_milestone.as_ref())
            .map(|next| (next.code.clone(), next.on))
            .collect();
        next.sort_by_key(|(_, on)| *on);
        next.into_iter()
    }
}

fn abstinent(pda: Pda) -> PercentDaysAbstinent {
    PercentDaysAbstinent { value: pda.value, known_days: pda.known_days }
}

/// The local dates of a collection's records, one a record.
async fn dates(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    collection: &'static Collection,
) -> Result<impl Iterator<Item = NaiveDate> + use<>> {
    let rows = store::select(conn, reading, collection, &["local_date"], None).await?;
    Ok(rows.into_iter().filter_map(|(_, values)| values.first().and_then(Value::date)))
}

impl From<crate::domain::streaks::CheckInStreak> for CheckInStreak {
    fn from(streak: crate::domain::streaks::CheckInStreak) -> Self {
        let crate::domain::streaks::CheckInStreak { current, longest, total_days, last_date } = streak;
        Self { current, longest, total_days, last_date }
    }
}

impl From<crate::domain::streaks::MeetingStreak> for MeetingStreak {
    fn from(streak: crate::domain::streaks::MeetingStreak) -> Self {
        let ninety = streak.ninety_in_ninety;
        let next = streak.next_milestone;
        Self {
            current_weeks: streak.current_weeks,
            longest_weeks: streak.longest_weeks,
            last_7_days: streak.last_7_days,
            last_30_days: streak.last_30_days,
            last_90_days: streak.last_90_days,
            total: streak.total,
            ninety_in_ninety: NinetyInNinety {
                started_on: ninety.started_on,
                attended: ninety.attended,
                of: ninety.of,
            },
            next_milestone: MeetingMilestone { code: next.code(), left: next.left },
        }
    }
}

//! What the clocks of a journal are worked out from: the clocks, their lapses, and what check-ins say.

use std::collections::HashMap;

use chrono::NaiveDate;
use futures_util::try_join;
use serde::Serialize;
use utoipa::ToSchema;

use super::collections::{
    care_episodes::CARE_EPISODES, check_ins::CHECK_INS, clocks::CLOCKS, lapses::LAPSES,
};
use super::reading::Reading;
use super::store;
use crate::db::Conn;
use crate::db::types::Id;
use crate::domain::clocks::ResetPolicy;
use crate::domain::day_states::{Reports, Stay, day_states, is_controlled};
use crate::domain::lapses::Lapse;
use crate::error::{Error, Result};
use crate::fields::Value;

/// A clock with its lapses.
#[derive(Debug)]
pub struct ClockHistory {
    /// The clock's id.
    pub id: Id,
    /// When it starts.
    pub started_on: NaiveDate,
    /// What a lapse does to it.
    pub reset_policy: ResetPolicy,
    /// Put away.
    pub archived: bool,
    /// Its lapses, in no order.
    pub lapses: Vec<Lapse>,
}

/// All clocks, and what is known of days.
#[derive(Debug)]
pub struct History {
    /// In the order of their ids, which is the order they were made in; archived ones last.
    pub clocks: Vec<ClockHistory>,
    /// What check-ins and stays in care say.
    pub reports: Reports,
    /// The dates of check-ins, one a check-in.
    pub checked_in: Vec<NaiveDate>,
}

/// A clock's state on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClockState {
    /// The clock.
    pub clock_id: Id,
    /// `free`, `used`, `controlled_environment` or `unknown`.
    #[schema(value_type = String, example = "free")]
    pub state: &'static str,
}

impl History {
    /// The state of every clock that has started by `date`.
    #[must_use]
    pub fn states_on(&self, date: NaiveDate, today: NaiveDate) -> Vec<ClockState> {
        let state = |clock: &ClockHistory| {
            let states = day_states(clock.started_on, &clock.lapses, &self.reports, date, date, today);
            let state = states.first().copied().flatten()?;
            Some(ClockState { clock_id: clock.id, state: state.as_str() })
        };
        self.clocks.iter().filter_map(state).collect()
    }
}

/// Loads the clocks with all their lapses, and what is said of the days of `dates` (of all days without).
pub async fn load(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    dates: Option<(NaiveDate, NaiveDate)>,
    today: NaiveDate,
) -> Result<History> {
    let (all_lapses, all_clocks, check_ins, episodes) = try_join!(
        store::select(conn, reading, &LAPSES, &["clock_id", "used_on", "resumed_on"], None),
        store::select(conn, reading, &CLOCKS, &["started_on", "reset_policy", "archived"], None),
        store::select(conn, reading, &CHECK_INS, &["local_date", "substance_free"], dates),
        store::select(conn, reading, &CARE_EPISODES, &["level", "starts_on", "ends_on"], None),
    )?;
    let mut lapses: HashMap<Id, Vec<Lapse>> = HashMap::new();
    for (_, values) in all_lapses {
        if let [Value::Id(clock), Value::Date(used_on), resumed_on] = values.as_slice() {
            let lapse = Lapse { used_on: *used_on, resumed_on: resumed_on.date() };
            lapses.entry(*clock).or_default().push(lapse);
        }
    }
    let mut clocks = Vec::with_capacity(all_clocks.len());
    for (id, values) in all_clocks {
        let [Value::Date(started_on), Value::Text(policy), archived] = values.as_slice() else {
            return Err(Error::internal("a clock without start or policy"));
        };
        clocks.push(ClockHistory {
            id,
            started_on: *started_on,
            reset_policy: if policy == "keep_and_count" {
                ResetPolicy::KeepAndCount
            } else {
                ResetPolicy::Reset
            },
            archived: archived.bool() == Some(true),
            lapses: lapses.remove(&id).unwrap_or_default(),
        });
    }
    clocks.sort_by_key(|clock| (clock.archived, clock.id));
    let said = check_ins.iter().filter_map(|(_, values)| match values.as_slice() {
        [Value::Date(date), Value::Bool(free)] => Some((*date, *free)),
        _ => None,
    });
    let stays = episodes.iter().filter_map(|(_, values)| match values.as_slice() {
        [Value::Text(level), Value::Date(starts_on), ends_on] if is_controlled(level) => {
            Some(Stay { starts_on: *starts_on, ends_on: ends_on.date() })
        }
        _ => None,
    });
    let reports = Reports::new(said, stays, today);
    let checked_in = check_ins.iter().filter_map(|(_, values)| values.first()?.date()).collect();
    Ok(History { clocks, reports, checked_in })
}

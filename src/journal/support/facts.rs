//! Facts about a record that its own members do not say: what a lapse came after, how much withdrawal adds up
//! to, whether somebody is there.

use super::rules::Facts;
use crate::catalogue::Catalogue;
use crate::db::Conn;
use crate::db::types::Id;
use crate::domain::clocks::{Clock, ResetPolicy};
use crate::domain::day_states::Reports;
use crate::domain::lapses::Lapse;
use crate::domain::withdrawal::SYMPTOMS;
use crate::error::Result;
use crate::fields::Value;
use crate::journal::collection::Collection;
use crate::journal::collections::{
    clocks::CLOCKS, cravings::CRAVINGS, lapses::LAPSES, medications::MEDICATIONS,
    withdrawal_logs::WITHDRAWAL_LOGS,
};
use crate::journal::reading::Reading;
use crate::journal::record::Record;
use crate::journal::store;

/// What `company` says when nobody is there.
const ALONE: &str = "alone";

/// The facts beside a record.
pub async fn of(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    collection: &'static Collection,
    record: &Record,
) -> Result<Facts> {
    if collection.name == LAPSES.name {
        of_lapse(conn, reading, record).await
    } else if collection.name == WITHDRAWAL_LOGS.name {
        let total = SYMPTOMS.iter().filter_map(|symptom| record.value(collection, symptom).int()).sum();
        Ok(vec![("symptom_total", Value::Int(total))])
    } else if collection.name == CRAVINGS.name {
        // One word is compared, nothing is searched: whoever is named is company.
        let company = record.value(collection, "company").text();
        let alone = company.is_none_or(|company| company.trim().eq_ignore_ascii_case(ALONE));
        Ok(vec![("alone", Value::Bool(alone))])
    } else {
        Ok(Facts::new())
    }
}

/// Whether it is about an opioid, how many substance-free days went before, and whether naltrexone had ended.
/// Of a clock that is not there (yet) nothing is known.
async fn of_lapse(conn: &Conn<'_>, reading: &Reading<'_>, record: &Record) -> Result<Facts> {
    let clock_id = record.value(&LAPSES, "clock_id").id();
    let used_on = record.value(&LAPSES, "used_on").date();
    let Some((clock_id, used_on)) = clock_id.zip(used_on) else { return Ok(Facts::new()) };
    let Some(clock) = store::find(conn, reading, &CLOCKS, clock_id).await? else { return Ok(Facts::new()) };
    let substance = clock.value(&CLOCKS, "substance").text().unwrap_or_default();
    let mut facts = vec![("opioid", Value::Bool(Catalogue::builtin().is_opioid(substance)))];
    if let Some(started_on) = clock.value(&CLOCKS, "started_on").date() {
        let earlier = earlier_lapses(conn, reading, clock_id, record.id, used_on).await?;
        let clock =
            Clock { started_on, reset_policy: ResetPolicy::Reset, lapses: &earlier, daily_cost: None };
        let days = clock.figures(&Reports::default(), used_on).current_days;
        facts.push(("substance_free_days_before", Value::Int(days.into())));
    }
    let rows = store::select(conn, reading, &MEDICATIONS, &["kind", "ends_on"], None).await?;
    let ended = rows.iter().any(|(_, values)| match values.as_slice() {
        [Value::Text(kind), Value::Date(ends_on)] => kind.starts_with("naltrexone") && *ends_on < used_on,
        _ => false,
    });
    facts.push(("naltrexone_ended", Value::Bool(ended)));
    Ok(facts)
}

/// The other lapses of a clock that began before a date.
async fn earlier_lapses(
    conn: &Conn<'_>,
    reading: &Reading<'_>,
    clock: Id,
    this: Id,
    used_on: chrono::NaiveDate,
) -> Result<Vec<Lapse>> {
    let rows = store::select(conn, reading, &LAPSES, &["clock_id", "used_on", "resumed_on"], None).await?;
    let earlier = rows.into_iter().filter_map(|(id, values)| match values.as_slice() {
        [Value::Id(of), Value::Date(began), resumed_on] if *of == clock && id != this && *began < used_on => {
            Some(Lapse { used_on: *began, resumed_on: resumed_on.date() })
        }
        _ => None,
    });
    Ok(earlier.collect())
}

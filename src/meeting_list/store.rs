//! All SQL of the public meeting list. It belongs to no account, so no statement here is bound to one.

use std::collections::HashMap;

use chrono_tz::Tz;

use super::listing::Listing;
use super::search::{Place, Question};
use crate::db::Conn;
use crate::db::statement::{Bind, Cell, Row, Statement};
use crate::db::types::{Id, Time};
use crate::domain::meetings::{Area, DAY, Point, WEEK, Weekly};
use crate::error::{Error, Result};

/// The columns of a listing, in order.
const COLUMNS: &str = "id, name, fellowship, day, start_time, end_time, time_zone, types, format, address, \
    location, conference_url, conference_phone, notes, group_name, latitude, longitude, updated";

/// A feed's meetings, as they are kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// The fellowship of its meetings.
    pub fellowship: String,
    /// How many rows it has.
    pub meetings: i64,
}

/// What finding and ordering needs of a listing.
#[derive(Debug, Clone, Copy)]
pub struct Spot {
    /// The listing.
    pub id: Id,
    /// When of the week it begins.
    pub weekly: Option<Weekly>,
    /// By which clock.
    pub zone: Tz,
    /// Where it is, where that was looked for.
    pub point: Option<Point>,
}

/// The listing with this id.
pub async fn find(conn: &Conn<'_>, id: Id) -> Result<Option<Listing>> {
    Ok(load(conn, &[id]).await?.remove(&id))
}

/// The listings with these ids.
pub async fn load(conn: &Conn<'_>, ids: &[Id]) -> Result<HashMap<Id, Listing>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let select = Statement::new("SELECT ").sql(COLUMNS).sql(" FROM meeting_list WHERE id IN (");
    let rows = conn.rows(select.list(ids.iter().map(|id| Bind::Id(Some(*id)))).sql(")")).await?;
    let listings = rows.into_iter().map(|row| listing(row).ok_or_else(odd).map(|one| (one.id, one)));
    listings.collect()
}

/// What is kept of each source, by name.
pub async fn sources(conn: &Conn<'_>) -> Result<Vec<Source>> {
    let select =
        "SELECT source, fellowship, count(*) FROM meeting_list GROUP BY source, fellowship ORDER BY 1, 2";
    let source = |row: Row| match <[Cell; 3]>::try_from(row.0) {
        Ok([Cell::Text(name), Cell::Text(fellowship), Cell::Int(meetings)]) => {
            Ok(Source { name, fellowship, meetings })
        }
        _ => Err(odd()),
    };
    conn.rows(Statement::new(select)).await?.into_iter().map(source).collect()
}

/// The digest of each meeting of a source.
pub async fn digests(conn: &Conn<'_>, source: &str) -> Result<HashMap<Id, Vec<u8>>> {
    let select = Statement::new("SELECT id, digest FROM meeting_list WHERE source = ").bind(text(source));
    let pair = |row: Row| match <[Cell; 2]>::try_from(row.0) {
        Ok([id, Cell::Bytes(digest)]) => id.id().map(|id| (id, digest)),
        _ => None,
    };
    conn.rows(select).await?.into_iter().map(|row| pair(row).ok_or_else(odd)).collect()
}

/// Takes meetings off the list.
pub async fn remove(conn: &Conn<'_>, ids: impl IntoIterator<Item = Id>) -> Result<()> {
    let delete = Statement::new("DELETE FROM meeting_list WHERE id IN (");
    conn.send(delete.list(ids.into_iter().map(|id| Bind::Id(Some(id)))).sql(")")).await?;
    Ok(())
}

/// Puts meetings on the list, in the place of those with the same ids.
pub async fn put(conn: &Conn<'_>, source: &str, listings: &[Listing]) -> Result<()> {
    remove(conn, listings.iter().map(|listing| listing.id)).await?;
    let insert = Statement::new("INSERT INTO meeting_list (source, digest, ").sql(COLUMNS).sql(") VALUES ");
    let row = |listing: &Listing| -> Result<Vec<Bind>> {
        let kept = [text(source), Bind::Bytes(Some(listing.digest()?.to_vec()))];
        Ok(kept.into_iter().chain(binds(listing)?).collect())
    };
    let rows = listings.iter().map(row).collect::<Result<Vec<_>>>()?;
    conn.send(insert.rows(rows)).await?;
    Ok(())
}

/// Every meeting within an area that a question asks for.
pub async fn within(conn: &Conn<'_>, question: &Question, area: Area) -> Result<Vec<Spot>> {
    let [one, other] = area.longitudes;
    let mut select = Statement::new(
        "SELECT id, day, start_time, time_zone, latitude, longitude FROM meeting_list WHERE latitude BETWEEN ",
    );
    for ((least, most), then) in
        [(area.latitudes, " AND (longitude BETWEEN "), (one, " OR longitude BETWEEN "), (other, ")")]
    {
        select = select.bind(Bind::Real(Some(least))).sql(" AND ").bind(Bind::Real(Some(most))).sql(then);
    }
    spots(conn, question.narrow(select)).await
}

/// The zones of all meetings: a step of the index for each, however long the list is.
pub async fn zones(conn: &Conn<'_>) -> Result<Vec<Tz>> {
    let select = "WITH RECURSIVE zones (zone) AS (SELECT min(time_zone) FROM meeting_list UNION ALL \
         SELECT (SELECT min(time_zone) FROM meeting_list WHERE time_zone > zone) FROM zones WHERE zone IS NOT NULL) \
         SELECT zone FROM zones WHERE zone IS NOT NULL";
    let rows = conn.rows(Statement::new(select)).await?;
    rows.into_iter().map(|row| row.0.first().and_then(zone).ok_or_else(odd)).collect()
}

/// The first meetings of a zone in the order of the week that begins at `from` on the wall clock, after a place
/// in it.
pub async fn coming(
    conn: &Conn<'_>,
    question: &Question,
    zone: Tz,
    from: Weekly,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Spot>> {
    let begin = from.of_week();
    let at = begin + after.map_or(0, |place| place.ahead);
    let id = after.map(|place| place.id);
    // To the end of Saturday, and on from Sunday to the beginning.
    let spans: &[_] = if at < WEEK { &[(at, id, WEEK), (0, None, begin)] } else { &[(at - WEEK, id, begin)] };
    let mut found = Vec::new();
    for (least, id, below) in spans {
        let left = limit - i64::try_from(found.len()).unwrap_or(limit);
        if left == 0 {
            break;
        }
        let weekly = |minute: i64| [minute / DAY, minute % DAY].map(|part| Bind::Int(Some(part)));
        let select = "SELECT id, day, start_time, time_zone FROM meeting_list WHERE start_time IS NOT NULL";
        let mut select = Statement::new(select).sql(" AND time_zone = ").bind(text(zone.name()));
        select = match id {
            None => select.sql(" AND (day, start_time) >= (").list(weekly(*least)),
            Some(id) => {
                let place = weekly(*least).into_iter().chain([Bind::Id(Some(*id))]);
                select.sql(" AND (day, start_time, id) > (").list(place)
            }
        };
        select = question.narrow(select.sql(") AND (day, start_time) < (").list(weekly(*below)).sql(")"));
        let select = select.sql(" ORDER BY day, start_time, id LIMIT ").bind(Bind::Int(Some(left)));
        found.append(&mut spots(conn, select).await?);
    }
    Ok(found)
}

/// The meetings without a time that a question asks for, after an id.
pub async fn by_appointment(
    conn: &Conn<'_>,
    question: &Question,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<Spot>> {
    let select = "SELECT id, day, start_time, time_zone FROM meeting_list WHERE start_time IS NULL";
    let mut select = question.narrow(Statement::new(select));
    if let Some(after) = after {
        select = select.sql(" AND id > ").id(after);
    }
    spots(conn, select.sql(" ORDER BY id LIMIT ").bind(Bind::Int(Some(limit)))).await
}

impl Question {
    /// Adds what is asked of each meeting to a condition.
    fn narrow(&self, mut select: Statement) -> Statement {
        for (column, value) in [("fellowship", self.fellowship), ("format", self.format)] {
            if let Some(value) = value {
                select = select.sql(" AND ").sql(column).sql(" = ").bind(text(value));
            }
        }
        for (condition, value) in [(" AND day = ", self.day), (" AND start_time >= ", self.time_from)] {
            if let Some(value) = value {
                select = select.sql(condition).bind(Bind::Int(Some(value)));
            }
        }
        if let Some(code) = &self.code {
            // The codes are a JSON list: an entry stands in it with its quotes. LIKE would not tell a from A.
            let entry = serde_json::to_string(code).unwrap_or_default();
            select = select.sql(" AND replace(types, ").bind(text(&entry)).sql(", '') <> types");
        }
        select
    }
}

/// Runs a select of `id, day, start_time, time_zone` and perhaps `latitude, longitude`.
async fn spots(conn: &Conn<'_>, select: Statement) -> Result<Vec<Spot>> {
    let spot = |row: Row| -> Option<Spot> {
        let mut cells = row.into_cells();
        let id = cells.next()?.id()?;
        let (day, minute) = (cells.next()?.int(), cells.next()?.int());
        let zone = zone(&cells.next()?)?;
        let weekly = day.zip(minute).map(|(day, minute)| Weekly { day, minute });
        let (latitude, longitude) =
            (cells.next().as_ref().and_then(real), cells.next().as_ref().and_then(real));
        let point = latitude.zip(longitude).and_then(|(north, east)| Point::new(north, east));
        Some(Spot { id, weekly, zone, point })
    };
    conn.rows(select).await?.into_iter().map(|row| spot(row).ok_or_else(odd)).collect()
}

/// The values of [`COLUMNS`].
fn binds(listing: &Listing) -> Result<Vec<Bind>> {
    let words = |text: &Option<String>| Bind::Text(text.clone().map(Into::into));
    Ok(vec![
        Bind::Id(Some(listing.id)),
        text(&listing.name),
        text(&listing.fellowship),
        Bind::Int(listing.day),
        Bind::Int(listing.time),
        Bind::Int(listing.end_time),
        text(&listing.time_zone),
        text(&serde_json::to_string(&listing.types).map_err(Error::internal)?),
        words(&listing.format),
        words(&listing.address),
        words(&listing.location),
        words(&listing.conference_url),
        words(&listing.conference_phone),
        words(&listing.notes),
        words(&listing.group),
        Bind::Real(listing.latitude),
        Bind::Real(listing.longitude),
        Bind::Time(listing.updated.map(Time::from)),
    ])
}

fn listing(row: Row) -> Option<Listing> {
    let mut cells = row.into_cells();
    let mut next = || cells.next();
    let words = |cell: Cell| match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    };
    Some(Listing {
        id: next()?.id()?,
        name: words(next()?)?,
        fellowship: words(next()?)?,
        day: next()?.int(),
        time: next()?.int(),
        end_time: next()?.int(),
        time_zone: words(next()?)?,
        types: serde_json::from_str(&words(next()?)?).ok()?,
        format: words(next()?),
        address: words(next()?),
        location: words(next()?),
        conference_url: words(next()?),
        conference_phone: words(next()?),
        notes: words(next()?),
        group: words(next()?),
        latitude: real(&next()?),
        longitude: real(&next()?),
        updated: next()?.int().map(|at| Time(at).utc()),
    })
}

fn text(text: &str) -> Bind {
    Bind::Text(Some(text.to_owned().into()))
}

fn real(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Real(number) => Some(*number),
        _ => None,
    }
}

fn zone(cell: &Cell) -> Option<Tz> {
    match cell {
        Cell::Text(name) => name.parse().ok(),
        _ => None,
    }
}

fn odd() -> Error {
    Error::internal("a row of meeting_list is no meeting")
}

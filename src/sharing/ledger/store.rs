//! All SQL of disclosures: adding rows, listing a member's own, reading a ledger for its examination. There is
//! no statement here that changes or deletes a row.

use std::collections::HashMap;

use diesel::prelude::*;
use futures_util::future::try_join_all;

use super::{Entry, GENESIS, Head, chained, sealed};
use crate::db::Conn;
use crate::db::schema::{disclosure_heads, disclosures, shares};
use crate::db::seal::{DataKey, Secret};
use crate::db::statement::{Bind, Cell, Statement};
use crate::db::types::{Day, Id, Time};
use crate::error::{Error, Result};

/// How far back it is looked whether a denial is told already, in rows.
const RECENT: i64 = 500;
const DAY: i64 = 86_400_000_000;

/// The years 1 to 9999, which both engines can hold.
const EVER: (Time, Time) = (Time(-62_135_596_800_000_000), Time(253_402_300_799_000_000));

/// A row of the ledger.
#[derive(Debug, Clone, Queryable)]
pub struct DisclosureRow {
    pub account_id: Id,
    pub number: i64,
    pub at: Time,
    pub share_id: Id,
    pub recipient_id: Id,
    pub collection: String,
    pub path: String,
    pub detail: String,
    pub from_date: Option<Day>,
    pub to_date: Option<Day>,
    pub records: i64,
    pub outcome: String,
    pub request_id: String,
    pub hash: Vec<u8>,
}

/// Begins a ledger, if the journal has none yet.
pub async fn begin(conn: &Conn<'_>, key: &Secret, member: Id) -> Result<()> {
    let head = Head { count: 0, hash: GENESIS };
    let row = (
        disclosure_heads::account_id.eq(member),
        disclosure_heads::count.eq(head.count),
        disclosure_heads::hash.eq(head.hash.to_vec()),
        disclosure_heads::seal.eq(sealed(key, member, head)?.to_vec()),
    );
    let new = diesel::insert_into(disclosure_heads::table).values(row).on_conflict_do_nothing();
    conn.send(new).await?;
    Ok(())
}

/// Takes the ends of some ledgers until the transaction ends: whatever decides about a share of these journals
/// comes before or after, never at the same time. One after the other and always in the same order, so that of two who
/// want the same ones neither has what the other waits for.
pub async fn take(conn: &Conn<'_>, members: &[Id]) -> Result<HashMap<Id, Head>> {
    let mut members = members.to_vec();
    members.sort_unstable();
    members.dedup();
    let take = |member: Id| {
        let take = Statement::new("UPDATE disclosure_heads SET count = count WHERE account_id = ").id(member);
        conn.rows(take.sql(" RETURNING account_id, count, hash"))
    };
    let odd = || Error::internal("disclosure_heads: a row is not a head");
    let mut heads = HashMap::with_capacity(members.len());
    for row in try_join_all(members.into_iter().map(take)).await?.into_iter().flatten() {
        let [member, count, Cell::Bytes(hash)] = row.0.as_slice() else { return Err(odd()) };
        let hash = hash.as_slice().try_into().map_err(|_| odd())?;
        heads.insert(member.id().ok_or_else(odd)?, Head { count: count.int().ok_or_else(odd)?, hash });
    }
    Ok(heads)
}

/// Adds rows after the ends that were taken.
pub async fn add(
    conn: &Conn<'_>,
    key: &Secret,
    mut heads: HashMap<Id, Head>,
    entries: &[Entry],
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let columns = "account_id, number, at, share_id, recipient_id, collection, path, detail, from_date, to_date, \
                   records, outcome, request_id, hash";
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let head =
            heads.get_mut(&entry.member).ok_or_else(|| Error::internal("a journal without a ledger"))?;
        let number = head.count + 1;
        let row = DisclosureRow::of(entry, number);
        let hash = chained(key, number, &row, &head.hash)?;
        *head = Head { count: number, hash };
        rows.push(row.binds(&hash));
    }
    conn.send(Statement::new(format!("INSERT INTO disclosures ({columns}) VALUES ")).rows(rows)).await?;
    let end = |(member, head): (Id, Head)| -> Result<[Bind; 4]> {
        Ok([
            Bind::Id(Some(member)),
            Bind::Int(Some(head.count)),
            Bind::Bytes(Some(head.hash.to_vec())),
            Bind::Bytes(Some(sealed(key, member, head)?.to_vec())),
        ])
    };
    let ends = heads.into_iter().map(end).collect::<Result<Vec<_>>>()?;
    let ends =
        Statement::new("INSERT INTO disclosure_heads (account_id, count, hash, seal) VALUES ").rows(ends);
    let replace = " ON CONFLICT (account_id) DO UPDATE \
                   SET count = excluded.count, hash = excluded.hash, seal = excluded.seal";
    conn.send(ends.sql(replace)).await?;
    Ok(())
}

/// Whether a ledger tells of a denial already: that of one share and one kind is told once a day, so that nobody who was
/// refused can make a ledger long.
pub async fn tells(conn: &Conn<'_>, head: Head, denial: &Entry) -> Result<bool> {
    let alike = disclosures::outcome
        .eq(denial.outcome())
        .and(disclosures::share_id.eq(denial.share))
        .and(disclosures::recipient_id.eq(denial.recipient))
        .and(disclosures::collection.eq(denial.collection.as_str()));
    let today = Time(denial.at.0 - denial.at.0.rem_euclid(DAY));
    let recent = disclosures::number.gt(head.count - RECENT).and(disclosures::at.ge(today));
    let found =
        disclosures::table.filter(disclosures::account_id.eq(denial.member)).filter(recent).filter(alike);
    Ok(conn.first::<i64, _>(found.select(disclosures::number)).await?.is_some())
}

impl DisclosureRow {
    fn of(entry: &Entry, number: i64) -> Self {
        Self {
            account_id: entry.member,
            number,
            at: entry.at,
            share_id: entry.share,
            recipient_id: entry.recipient,
            collection: entry.collection.clone(),
            path: entry.path.clone(),
            detail: entry.detail.to_owned(),
            from_date: entry.from,
            to_date: entry.to,
            records: entry.records,
            outcome: entry.outcome().to_owned(),
            request_id: entry.request_id.clone(),
            hash: Vec::new(),
        }
    }

    fn binds(self, hash: &[u8]) -> [Bind; 14] {
        let text = |text: String| Bind::Text(Some(text.into()));
        [
            Bind::Id(Some(self.account_id)),
            Bind::Int(Some(self.number)),
            Bind::Time(Some(self.at)),
            Bind::Id(Some(self.share_id)),
            Bind::Id(Some(self.recipient_id)),
            text(self.collection),
            text(self.path),
            text(self.detail),
            Bind::Date(self.from_date),
            Bind::Date(self.to_date),
            Bind::Int(Some(self.records)),
            text(self.outcome),
            text(self.request_id),
            Bind::Bytes(Some(hash.to_vec())),
        ]
    }
}

/// A member's own disclosures, the newest first: those before `before`, of the times given, at most `limit`.
pub async fn of_member(
    conn: &Conn<'_>,
    key: &DataKey,
    before: Option<i64>,
    times: (Option<Time>, Option<Time>),
    limit: i64,
) -> Result<Vec<DisclosureRow>> {
    let own = disclosures::table
        .filter(disclosures::account_id.eq(key.account()))
        .filter(disclosures::number.lt(before.unwrap_or(i64::MAX)))
        .filter(disclosures::at.ge(times.0.unwrap_or(EVER.0)))
        .filter(disclosures::at.lt(times.1.unwrap_or(EVER.1)));
    Ok(conn.load(own.order(disclosures::number.desc()).limit(limit)).await?)
}

/// The journals that should have a ledger, or have something of one.
pub async fn ledgers(conn: &Conn<'_>) -> Result<Vec<Id>> {
    let mut all: Vec<Id> = conn.load(disclosure_heads::table.select(disclosure_heads::account_id)).await?;
    all.extend(conn.load::<Id, _>(disclosures::table.select(disclosures::account_id).distinct()).await?);
    all.extend(conn.load::<Id, _>(shares::table.select(shares::account_id).distinct()).await?);
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// A journal's ledger: its sealed end, and its rows in order.
pub async fn ledger(conn: &Conn<'_>, member: Id) -> Result<(Option<(Head, Vec<u8>)>, Vec<DisclosureRow>)> {
    let end = disclosure_heads::table.find(member).select((
        disclosure_heads::count,
        disclosure_heads::hash,
        disclosure_heads::seal,
    ));
    let end: Option<(i64, Vec<u8>, Vec<u8>)> = conn.first(end).await?;
    let end = end.map(|(count, hash, seal)| (Head { count, hash: hash.try_into().unwrap_or(GENESIS) }, seal));
    let rows = disclosures::table.filter(disclosures::account_id.eq(member)).order(disclosures::number);
    Ok((end, conn.load(rows).await?))
}

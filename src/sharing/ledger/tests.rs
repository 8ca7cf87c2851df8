//! A thousand ways to touch a ledger from outside the program: each is seen.

use super::store::DisclosureRow;
use super::*;
use crate::clock::new_random_id;

/// A ledger as the program writes it: its rows and its sealed end.
fn whole(key: &Secret, member: Id, length: i64) -> (Vec<DisclosureRow>, (Head, Vec<u8>)) {
    let mut head = Head { count: 0, hash: GENESIS };
    let mut rows = Vec::new();
    for number in 1..=length {
        let mut row = DisclosureRow {
            account_id: member,
            number,
            at: Time(1_795_000_000_000_000 + number),
            share_id: Id(new_random_id()),
            recipient_id: Id(new_random_id()),
            collection: "cravings".to_owned(),
            path: "cravings".to_owned(),
            detail: "entries".to_owned(),
            from_date: Day::from_number(20_000),
            to_date: None,
            records: number,
            outcome: "allowed".to_owned(),
            request_id: format!("request-{number}"),
            hash: Vec::new(),
        };
        let hash = chained(key, number, &row, &head.hash).unwrap();
        row.hash = hash.to_vec();
        head = Head { count: number, hash };
        rows.push(row);
    }
    (rows, (head, sealed(key, member, head).unwrap().to_vec()))
}

#[test]
fn a_thousand_manipulations_are_seen() {
    let (key, member) = (Secret::new([9; 32]), Id(new_random_id()));
    let other = whole(&key, Id(new_random_id()), 40).0;
    let stolen = Secret::new([8; 32]);
    let mut dice = fastrand::Rng::with_seed(40);
    for round in 0..1_000 {
        let (mut rows, mut end) = whole(&key, member, dice.i64(1..40));
        let at = dice.usize(..rows.len());
        let row = &mut rows[at];
        let mut there = true;
        match round % 20 {
            0 => row.at = Time(row.at.0 + 1),
            1 => row.share_id = Id(new_random_id()),
            2 => row.recipient_id = Id(new_random_id()),
            3 => row.collection.push('x'),
            4 => row.path = "check-ins".to_owned(),
            5 => row.detail = "summary".to_owned(),
            6 => row.from_date = None,
            7 => row.to_date = Day::from_number(20_001),
            8 => row.records -= 1,
            9 => row.outcome = "denied".to_owned(),
            10 => row.request_id.clear(),
            11 => row.hash[dice.usize(..32)] ^= 1,
            12 => drop(rows.remove(at)),
            13 => rows.truncate(at),
            14 => rows.insert(at, rows[at].clone()),
            15 => {
                // A row taken out and the rest numbered anew.
                rows.remove(at);
                (1..).zip(&mut rows).for_each(|(number, row)| row.number = number);
            }
            16 => rows[at] = DisclosureRow { account_id: member, ..other[at].clone() },
            17 => {
                // The end cut off, and the head put where it now ends.
                rows.truncate(at);
                let hash = rows.last().map_or(GENESIS, |row| row.hash.clone().try_into().unwrap());
                end.0 = Head { count: i64::try_from(rows.len()).unwrap(), hash };
            }
            18 => {
                // All made anew by somebody who does not have the key.
                (rows, end) = whole(&stolen, member, i64::try_from(rows.len()).unwrap());
            }
            _ => there = false,
        }
        let end = there.then_some(end);
        assert_ne!(examine(&key, member, end, &rows).unwrap(), [], "round {round}");
    }
    for length in [0, 1, 7] {
        let (rows, end) = whole(&key, member, length);
        assert_eq!(examine(&key, member, Some(end), &rows).unwrap(), []);
    }
}

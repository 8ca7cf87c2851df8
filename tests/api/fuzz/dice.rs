//! What makes a good request bad: one place of it changed, or a few. Everything that is thrown follows from one
//! seed, so that a finding can be thrown again.

use serde_json::{Map, Number, Value as Json, json};

/// Texts at the edges of what is read somewhere: dates, numbers, zones, identifiers, cursors, words.
const EDGES: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "NaN",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "340282366920938463463374607431768211456",
    "0000-01-01",
    "0001-01-01",
    "1969-12-31",
    "2025-02-29",
    "9999-12-31",
    "+262142-12-31",
    "-262143-01-01",
    "2025-03-30T02:30:00+01:00",
    "9999-12-31T23:59:60Z",
    "0001-01-01T00:00:00+23:59",
    "2025-03-04T10:00:00.123456789-12:00",
    "Europe/Berlin",
    "Etc/GMT+12",
    "UTC\u{0}",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0199C2A4-7B1E-7C3A-9F00-3A5D2E8B4C11",
    "{0199c2a4-7b1e-7c3a-9f00-3a5d2e8b4c11}",
    "\"x\"",
    "*",
    "W/\"1\"",
    "../../etc/passwd",
    "%00%0a%ff",
    "' OR 1=1 --",
    "=1+1",
    "\u{feff}a",
    "\u{202e}abc",
    "\u{1d54f}\u{301}\u{301}\u{301}",
    "\u{fffd}\u{ffff}\u{10ffff}",
    "٣٤",
    "line\r\nX-Injected: 1",
    "null",
    "true",
    "[]",
    "a,b,,c:1,:,",
    "all",
    "90,180",
    "-90.0000000001,1e9",
    "24:00",
];

/// Numbers at the edges.
const NUMBERS: &[i64] =
    &[0, -1, 1, 10, 11, 255, 65_536, i32::MAX as i64, i64::MAX, i64::MIN, 253_402_300_800];

/// A source of accidents.
pub struct Dice(pub fastrand::Rng);

impl Dice {
    /// One of some things.
    pub fn of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        self.0.choice(things).expect("something to choose from")
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: u32) -> bool {
        self.0.u32(0..times) == 0
    }

    /// A number, of any size.
    pub fn number(&mut self) -> i64 {
        match self.0.u8(0..3) {
            0 => *self.of(NUMBERS),
            1 => self.0.i64(..) >> self.0.u32(0..63),
            _ => self.0.i64(-100..40_000),
        }
    }

    /// A text at an edge, a long one at times.
    pub fn edge(&mut self) -> String {
        let text = *self.of(EDGES);
        if self.once_in(12) { text.repeat(self.0.usize(2..600)) } else { text.to_owned() }
    }

    /// A text changed somewhere: still text.
    pub fn text(&mut self, text: &str) -> String {
        if self.once_in(3) {
            return self.edge();
        }
        String::from_utf8_lossy(&self.bytes(text.as_bytes().to_vec())).into_owned()
    }

    /// Bytes changed in a few places: flipped, cut, doubled, swapped, with something put between.
    pub fn bytes(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..self.0.usize(1..4) {
            let length = bytes.len();
            let at = self.0.usize(0..=length);
            let end = self.0.usize(at..=length.min(at + 40));
            match self.0.u8(0..7) {
                0 if at < length => bytes[at] ^= 1 << self.0.u8(0..8),
                1 if at < length => bytes[at] = self.0.u8(..),
                2 => bytes.truncate(at),
                3 => drop(bytes.drain(at..end)),
                4 => {
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
                5 => {
                    let edge = self.edge();
                    bytes.splice(at..end, edge.into_bytes());
                }
                _ => {
                    let other = self.0.usize(0..=length);
                    if at < length && other < length {
                        bytes.swap(at, other);
                    }
                }
            }
        }
        bytes
    }

    /// A JSON value at an edge.
    fn value(&mut self) -> Json {
        match self.0.u8(0..9) {
            0 => Json::Null,
            1 => json!(self.0.bool()),
            2 => json!(self.number()),
            3 => json!(self.0.f64() * 1e300),
            4 => json!(1.5),
            5 => json!([]),
            6 => json!({}),
            7 => {
                let depth = self.0.usize(1..300);
                (0..depth).fold(json!(1), |inner, _| json!([inner]))
            }
            _ => json!(self.edge()),
        }
    }

    /// A JSON value with one place changed, however deep it is.
    pub fn json(&mut self, value: &mut Json) {
        let inside = !self.once_in(4);
        match value {
            Json::Object(members) if inside && !members.is_empty() => self.member(members),
            Json::Array(items) if inside && !items.is_empty() => {
                let at = self.0.usize(0..items.len());
                match self.0.u8(0..6) {
                    0 => drop(items.remove(at)),
                    1 => items.push(items[at].clone()),
                    2 => items.rotate_left(at),
                    3 => {
                        let one = items[at].clone();
                        items.extend(std::iter::repeat_n(one, self.0.usize(1..120)));
                    }
                    _ => self.json(&mut items[at]),
                }
            }
            Json::String(text) if inside => *text = self.text(text),
            Json::Number(number) if inside => {
                let near = number.as_i64().unwrap_or_default().wrapping_add(self.0.i64(-11..=11));
                *number = Number::from(near);
            }
            _ => *value = self.value(),
        }
    }

    fn member(&mut self, members: &mut Map<String, Json>) {
        let names: Vec<String> = members.keys().cloned().collect();
        let name = self.of(&names).clone();
        match self.0.u8(0..8) {
            0 => drop(members.remove(&name)),
            1 => {
                let value = self.value();
                members.insert(self.text(&name), value);
            }
            2 => {
                let value = members[&name].clone();
                members.insert(self.of(&names).clone(), value);
            }
            _ => {
                if let Some(value) = members.get_mut(&name) {
                    self.json(value);
                }
            }
        }
    }

    /// The text of a JSON value that was changed in a few places or none, now and then as text too.
    pub fn document(&mut self, value: &Json) -> Vec<u8> {
        let mut value = value.clone();
        for _ in 0..self.0.usize(0..4) {
            self.json(&mut value);
        }
        let text = value.to_string().into_bytes();
        if self.once_in(8) { self.bytes(text) } else { text }
    }
}

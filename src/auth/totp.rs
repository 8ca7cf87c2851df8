//! The arithmetic of second factors: codes of the time (RFC 6238: SHA-1, six digits, thirty seconds, what every
//! authenticator knows) and codes on paper for the day the phone is lost.
//!
//! A code of the time is good a step early or late. Whether it was used before is judged in `store`, where the
//! last used step is kept.

use hkdf::hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::db::seal::{random, sha256};
use crate::db::types::Id;
use crate::error::Result;

/// Seconds for which one code stands.
const STEP: i64 = 30;
/// Steps that a phone's clock may be off, either way.
const DRIFT: i64 = 1;
const DIGITS: usize = 6;
const MODULUS: u32 = 1_000_000;
/// Letters and digits of RFC 4648.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Bytes of a code on paper: 80 bits cannot be guessed, even by who has the hash.
const PAPER: usize = 10;

/// A shared secret in base32, as people and authenticators are given it.
pub type SharedSecret = Zeroizing<String>;

/// What somebody gave for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// Six digits.
    Digits(String),
    /// The hash of anything else: of a code on paper, if it is one.
    Paper([u8; 32]),
}

/// A new secret of 160 bits.
pub fn new_secret() -> Result<SharedSecret> {
    let bytes: Zeroizing<[u8; 20]> = Zeroizing::new(random()?);
    Ok(Zeroizing::new(base32(bytes.as_slice())))
}

/// What an authenticator reads from a QR code. It names no purpose: others may look at the same screen.
#[must_use]
pub fn uri(secret: &str, email: &str) -> String {
    let escaped: String = email.bytes().map(escape).collect();
    format!(
        "otpauth://totp/Journal:{escaped}?secret={secret}&issuer=Journal&algorithm=SHA1&digits=6&period=30"
    )
}

/// A code on paper, which is written in groups of four.
pub fn new_code() -> Result<String> {
    let bytes: [u8; PAPER] = random()?;
    let letters = base32(&bytes).to_lowercase();
    let groups: Vec<&str> = (0..4).filter_map(|group| letters.get(group * 4..group * 4 + 4)).collect();
    Ok(groups.join("-"))
}

/// What is kept of a code on paper, for one account or (nil) for nobody yet. Case, spaces and dashes do not count.
#[must_use]
pub fn code_hash(account: Id, code: &str) -> [u8; 32] {
    sha256(&[account.0.as_bytes(), plain(code).as_bytes()].concat())
}

impl Given {
    /// Tells the two kinds of codes apart.
    #[must_use]
    pub fn read(account: Id, text: &str) -> Self {
        let text = plain(text);
        if text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::Digits(text)
        } else {
            Self::Paper(code_hash(account, &text))
        }
    }
}

/// The step whose code `digits` is, if it is one of now.
#[must_use]
pub fn step_of(secret: &str, digits: &str, now: i64) -> Option<i64> {
    let key = Zeroizing::new(unbase32(secret));
    let current = now.div_euclid(STEP);
    // All are looked at, so that the time taken says nothing.
    let mut found = None;
    for step in current - DRIFT..=current + DRIFT {
        if bool::from(code(&key, step).as_bytes().ct_eq(digits.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// The six digits of a step.
#[must_use]
fn code(key: &[u8], step: i64) -> String {
    format!("{:0DIGITS$}", truncated(key, step) % MODULUS)
}

/// RFC 4226: four bytes of the HMAC, at a place that the HMAC names.
fn truncated(key: &[u8], step: i64) -> u32 {
    // Every length is a valid HMAC key, so the fallback is never taken.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else { return 0 };
    mac.update(&step.to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let at = mac.last().map_or(0, |byte| usize::from(byte & 0x0f));
    let four = mac.get(at..at + 4).and_then(|four| four.first_chunk()).copied().unwrap_or_default();
    u32::from_be_bytes(four) & 0x7fff_ffff
}

fn plain(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_lowercase()
}

fn escape(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'@' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    }
}

/// Base32 without padding; our lengths are multiples of five bytes.
fn base32(bytes: &[u8]) -> String {
    let letter = |five: usize| BASE32.get(five & 31).map_or('A', |letter| char::from(*letter));
    let spread = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        (0..8).rev().map(move |place| letter(bits >> (place * 5))).collect::<String>()
    };
    bytes.chunks_exact(5).map(spread).collect()
}

fn unbase32(text: &str) -> Vec<u8> {
    let five = |letter: &u8| BASE32.iter().position(|known| known == letter).unwrap_or_default();
    let gather = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0_u64, |bits, letter| bits << 5 | five(letter) as u64);
        bits.to_be_bytes().into_iter().skip(3)
    };
    text.as_bytes().chunks_exact(8).flat_map(gather).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::new_random_id;

    /// Appendix B of RFC 6238, whose codes have eight digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (seconds, digits) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let key = b"12345678901234567890";
            assert_eq!(truncated(key, seconds / STEP) % 100_000_000, digits, "{seconds}");
            let six = format!("{:06}", digits % MODULUS);
            assert_eq!(code(key, seconds / STEP), six);
            assert_eq!(step_of(&base32(key), &six, seconds), Some(seconds / STEP));
        }
    }

    /// Appendix D of RFC 4226.
    #[test]
    fn the_codes_are_those_of_the_older_standard() {
        let codes: Vec<String> = (0..10).map(|step| code(b"12345678901234567890", step)).collect();
        let expected = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        assert_eq!(codes, expected);
    }

    #[test]
    fn a_code_is_good_a_step_early_and_late_and_no_longer() {
        let secret = new_secret().unwrap();
        let key = unbase32(&secret);
        let now = 1_700_000_010;
        let step = now / STEP;
        for off in -3_i64..=3 {
            let good = off.abs() <= 1;
            let found = step_of(&secret, &code(&key, step + off), now);
            // Two steps may share a code by chance, one in a million.
            assert!(found == good.then_some(step + off) || found.is_some() != good, "{off}");
        }
        for bad in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(step_of(&secret, bad, now), None);
        }
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        assert_eq!(base32(b"fooba"), "MZXW6YTB");
        assert_eq!(base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let bytes: [u8; 20] = random().unwrap();
        assert_eq!(unbase32(&base32(&bytes)), bytes);
        assert_eq!(new_secret().unwrap().len(), 32);
    }

    #[test]
    fn codes_on_paper_are_read_as_people_write_them() {
        let (account, code) = (Id(new_random_id()), new_code().unwrap());
        assert_eq!((code.len(), code.matches('-').count()), (19, 3), "{code}");
        let hash = Given::Paper(code_hash(account, &code));
        for written in
            [code.to_uppercase(), code.replace('-', ""), code.replace('-', " "), format!(" {code}\n")]
        {
            assert_eq!(Given::read(account, &written), hash, "{written}");
        }
        assert_ne!(Given::read(Id(new_random_id()), &code), hash, "another account's");
        assert_eq!(Given::read(account, "123 456"), Given::Digits("123456".to_owned()));
    }

    #[test]
    fn the_address_in_the_uri_is_escaped() {
        let uri = uri("ABC", "ann+x?&:%@example.org");
        assert!(
            uri.starts_with(
                "otpauth://totp/Journal:ann%2Bx%3F%26%3A%25@example.org?secret=ABC&issuer=Journal"
            )
        );
    }
}

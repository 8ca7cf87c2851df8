//! Passwords: which ones are accepted, and the form in which their hashes are kept.
//!
//! Accepted: 10 to 128 code points, at most 512 bytes, and hard to guess (zxcvbn 3 or 4) for somebody who
//! knows the person's name and address. There are no rules of composition. Kept: the PHC string of an
//! argon2id hash, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, sealed for its account: whoever has the database alone
//! can neither try passwords against it nor put the hash of their own in its place. Refuses every other algorithm and
//! version.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::place;
use crate::db::seal::DataKey;
use crate::error::{Error, Result};

/// Fewest code points of a password.
pub const SHORTEST: usize = 10;
/// Most code points of a password.
pub const LONGEST: usize = 128;
/// The code of a mistake that is about a password's strength.
pub const WEAK: &str = "weak_password";
/// Code points that the estimate of strength looks at. Its time grows steeply with the length (over a second
/// for 100 symbols), and what begins with 32 weak characters may as well be refused.
const JUDGED: usize = 32;
/// Words that anybody would try here first.
const HOUSE_WORDS: [&str; 3] = ["recovery", "journal", "recoveryjournal"];

/// What hashing a password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// KiB of memory.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// The cost in use, which is also the least that is accepted.
pub const COST: Cost = Cost { memory: 19_456, passes: 2, lanes: 1 };

impl Cost {
    /// Whether this is [`COST`] or more, in each part.
    #[must_use]
    pub const fn is_enough(self) -> bool {
        self.memory >= COST.memory && self.passes >= COST.passes && self.lanes >= COST.lanes
    }
}

/// A password's hash, as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// What it cost.
    pub cost: Cost,
    /// Random, of this password alone.
    pub salt: [u8; 16],
    /// argon2id of password and salt.
    pub hash: [u8; 32],
}

impl Stored {
    /// Reads a PHC string.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (cost, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut cost = cost.split(',');
        let mut number = |name: &str| -> Option<u32> {
            let digits = cost.next()?.strip_prefix(name)?;
            // `parse` would also take a sign.
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let read = Cost { memory: number("m=")?, passes: number("t=")?, lanes: number("p=")? };
        if cost.next().is_some() || parts.next().is_some() {
            return None;
        }
        let bytes = |text: &str| STANDARD_NO_PAD.decode(text).ok();
        Some(Self { cost: read, salt: bytes(salt)?.try_into().ok()?, hash: bytes(hash)?.try_into().ok()? })
    }
}

impl fmt::Display for Stored {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost { memory, passes, lanes } = self.cost;
        let (salt, hash) = (STANDARD_NO_PAD.encode(self.salt), STANDARD_NO_PAD.encode(self.hash));
        write!(out, "$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}")
    }
}

/// A hash as its account keeps it.
pub fn sealed(key: &DataKey, hash: &str) -> Result<String> {
    Ok(STANDARD_NO_PAD.encode(key.seal(place("accounts", "password_hash", key.account()), hash)?))
}

/// The hash that an account keeps.
pub fn opened(key: &DataKey, kept: &str) -> Result<String> {
    let sealed =
        STANDARD_NO_PAD.decode(kept).map_err(|_| Error::internal("a kept password is not sealed"))?;
    key.open(place("accounts", "password_hash", key.account()), &sealed)
}

/// Why a new password is refused: code and words of the mistake.
pub type Fault = (&'static str, &'static str);

/// Judges a new password. `words` are the person's own ([`own_words`]). May take 100 ms for an odd one, so
/// it runs where passwords are hashed.
#[must_use]
pub fn fault(password: &str, words: &[String]) -> Option<Fault> {
    // Bytes first: counting code points of a novel would be work as well.
    let length = if password.len() > 4 * LONGEST { usize::MAX } else { password.chars().count() };
    if length < SHORTEST {
        return Some((WEAK, "must have at least 10 characters"));
    }
    if length > LONGEST {
        return Some(("too_long", "must have at most 128 characters and 512 bytes"));
    }
    let words: Vec<&str> = words.iter().map(String::as_str).chain(HOUSE_WORDS).collect();
    let strength = zxcvbn::zxcvbn(&cut(password), &words);
    (strength.score() < zxcvbn::Score::Three).then_some((
        WEAK,
        "is too easy to guess; three or four words that do not belong together are a good start",
    ))
}

/// What somebody who knows the person would try: their address and name, whole and in parts.
#[must_use]
pub fn own_words(email: &str, display_name: Option<&str>) -> Vec<String> {
    let parts = |text: &str| -> Vec<String> {
        let joined: String = text.split_whitespace().collect();
        let pieces = text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
        pieces
            .chain([text.to_owned(), joined])
            .filter(|word| word.chars().count() > 2)
            .map(|w| cut(&w))
            .collect()
    };
    let mut words = parts(email);
    words.extend(email.split('@').map(cut));
    words.extend(display_name.map(parts).unwrap_or_default());
    words
}

/// The part of a text that is judged; passwords and words are cut alike, so that a long address used as a
/// password is still recognised.
fn cut(text: &str) -> String {
    text.chars().take(JUDGED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

    #[test]
    fn the_kept_form_is_read_back_as_it_was_written() {
        let stored = Stored { cost: COST, salt: [0; 16], hash: [1; 32] };
        assert_eq!(stored.to_string(), GOOD);
        assert!(Stored::parse(GOOD) == Some(stored));
        let dearer = Cost { memory: 65_536, passes: 3, lanes: 4 };
        let text = Stored { cost: dearer, salt: [9; 16], hash: [8; 32] }.to_string();
        assert_eq!(Stored::parse(&text).unwrap().cost, dearer);
    }

    #[test]
    fn other_forms_are_refused() {
        for (from, to) in [
            ("argon2id", "argon2i"),
            ("v=19", "v=16"),
            ("m=19456", "m=+19456"),
            ("m=19456", "m="),
            ("m=19456", "m=99999999999"),
            ("m=19456,t=2", "t=2,m=19456"),
            ("p=1", "p=1,data=AA"),
            ("AAAAAAAAAAAAAAAAAAAAAA", "AAAA"),
            ("AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA=="),
            ("BAQE", "BAQEAQ"),
            ("BAQE", "BAQE$x"),
            ("$argon2id", "argon2id"),
        ] {
            let text = GOOD.replace(from, to);
            assert!(text != GOOD && Stored::parse(&text).is_none(), "{text}");
        }
        for cut_off in 0..GOOD.len() {
            assert!(Stored::parse(&GOOD[..cut_off]).is_none());
        }
    }

    #[test]
    fn weaker_costs_are_told_from_stronger_ones() {
        assert!(COST.is_enough());
        assert!(Cost { memory: 65_536, passes: 3, lanes: 4 }.is_enough());
        assert!(!Cost { memory: 19_455, ..COST }.is_enough());
        assert!(!Cost { passes: 1, memory: 65_536, ..COST }.is_enough());
        assert!(!Cost { lanes: 0, ..COST }.is_enough());
    }

    #[test]
    fn passwords_are_bounded_and_hard_to_guess() {
        let words = own_words("ann.featherstone@example.org", Some("Ann Featherstone"));
        let judge = |password: &str| fault(password, &words).map(|fault| fault.0);
        for good in [
            "correct horse battery staple",
            "tr0mbone-glacier-17-fig",
            "пять тихих лодок у моря",
            "kumquat🦊velvet🦊anvil",
        ] {
            assert_eq!(judge(good), None, "{good}");
        }
        for weak in [
            "",
            "9 chars!!",
            "password123",
            "aaaaaaaaaaaa",
            "qwertyuiop12",
            "featherstone",
            "AnnFeatherstone1",
            "ann.featherstone@example.org",
            "recoveryjournal",
            "1234567890",
        ] {
            assert_eq!(judge(weak), Some(WEAK), "{weak}");
        }
        assert_eq!(judge(&"x7 ".repeat(43)), Some("too_long"), "129 code points");
        assert_eq!(judge(&"🦊".repeat(128)), Some(WEAK), "128 code points in 512 bytes are not too long");
        assert_eq!(judge(&"🦊".repeat(129)), Some("too_long"));
    }

    #[test]
    fn length_is_counted_in_code_points() {
        // Nine and ten characters of two bytes each.
        assert_eq!(fault("ыжщюяэхъё", &[]).unwrap().1, "must have at least 10 characters");
        assert_eq!(fault("ыжщюяэхъёд", &[]), None);
    }

    #[test]
    fn a_long_address_is_still_recognised() {
        let email = "bartholomew.cumberland.featherstonehaugh@treatment-centre.example.org";
        let words = own_words(email, None);
        assert_eq!(fault(email, &words).unwrap().0, WEAK);
        assert_eq!(fault("bartholomew.cumberland.featherstonehaugh", &words).unwrap().0, WEAK);
    }
}

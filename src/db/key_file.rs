//! The file of the master key: made on the first start, private, never in the database or a backup.
//!
//! Its first line is the key in 64 hexadecimal digits. After a rotation more lines follow, each a name and a key:
//! `old` keys, which open what is still under them, and the two keys that rows were made with and that stay, which
//! open nothing: `addresses` and `disclosures`. Refuses everything else, so that no half-written file is believed.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::files::{Draft, at};
use super::seal::{Secret, random};
use crate::error::{Error, Result};

const KEY: usize = 32;

/// What the file holds.
pub struct KeyFile {
    /// What everything new is under.
    pub master: Secret,
    /// What came before it, the latest first.
    pub old: Vec<Secret>,
    /// What addresses are found by, if it is not the master key's own.
    pub addresses: Option<Secret>,
    /// What disclosures are chained by, if it is not the master key's own.
    pub disclosures: Option<Secret>,
}

impl KeyFile {
    /// Reads the file, or makes it (mode 0600) when there is none yet.
    pub fn read(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(path).map_err(|error| fault(path, &error))?
            }
            Err(error) => return Err(fault(path, &error)),
        };
        Self::parse(&text).ok_or_else(|| {
            fault(
                path,
                &io::Error::other("64 hexadecimal digits are expected, and after a rotation more lines"),
            )
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let master = decode_hex(lines.next()?)?;
        let mut file = Self { master, old: Vec::new(), addresses: None, disclosures: None };
        for line in lines {
            let (name, key) = line.split_once(' ')?;
            let key = decode_hex(key.trim())?;
            match name {
                "old" => file.old.push(key),
                "addresses" => file.addresses = Some(key),
                "disclosures" => file.disclosures = Some(key),
                _ => return None,
            }
        }
        Some(file)
    }

    /// Puts this in the place of the file, durably: at each moment one whole file has the name.
    pub fn replace(&self, path: &Path) -> Result<()> {
        let mut text = Zeroizing::new(encode_hex(&self.master));
        let named = self.old.iter().map(|key| ("old", key));
        let kept = [("addresses", &self.addresses), ("disclosures", &self.disclosures)];
        for (name, key) in named.chain(kept.into_iter().filter_map(|(name, key)| Some((name, key.as_ref()?))))
        {
            text.push_str(name);
            text.push(' ');
            text.push_str(&Zeroizing::new(encode_hex(key)));
        }
        let put = || {
            let draft = Draft::of(path)?;
            std::fs::write(draft.path(), text.as_bytes())?;
            draft.replace()
        };
        put().map_err(|error| at(path, &error))
    }
}

fn fault(path: &Path, error: &io::Error) -> Error {
    Error::internal(format!("master key {}: {error}", path.display()))
}

/// Writes a fresh master key where none is. The file is complete and on disk before it has its name, and
/// when two processes start at once the first one's key wins.
fn create(path: &Path) -> io::Result<Zeroizing<String>> {
    let draft = Draft::of(path)?;
    let bytes: Secret = Zeroizing::new(random().map_err(io::Error::other)?);
    std::fs::write(draft.path(), Zeroizing::new(encode_hex(&bytes)).as_bytes())?;
    match draft.publish() {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    std::fs::read_to_string(path).map(Zeroizing::new)
}

/// A line of its own.
fn encode_hex(key: &Secret) -> String {
    let mut text = String::with_capacity(2 * KEY + 1);
    for byte in key.iter() {
        text.extend([byte >> 4, byte & 15].iter().filter_map(|half| char::from_digit((*half).into(), 16)));
    }
    text.push('\n');
    text
}

fn decode_hex(text: &str) -> Option<Secret> {
    let digits = text.as_bytes();
    if digits.len() != 2 * KEY {
        return None;
    }
    let mut out = Secret::new([0; KEY]);
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/master.key");
        let first = KeyFile::read(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().len(), 65);
        let rotated = KeyFile {
            master: Secret::new([1; KEY]),
            old: vec![first.master.clone(), Secret::new([2; KEY])],
            addresses: Some(Secret::new([3; KEY])),
            disclosures: Some(Secret::new([4; KEY])),
        };
        rotated.replace(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = KeyFile::read(&path).unwrap();
        assert_eq!((read.master, read.old), (rotated.master, rotated.old));
        assert_eq!((read.addresses, read.disclosures), (rotated.addresses, rotated.disclosures));
    }

    #[test]
    fn nothing_else_is_believed() {
        let key = "0f".repeat(KEY);
        assert!(KeyFile::parse(&format!("{key}\nold {key}\n")).is_some());
        for bad in [
            "",
            "not a key",
            &key[2..],
            &format!("{key}{key}"),
            &format!("old {key}"),
            &format!("{key}\n{key}"),
            &format!("{key}\nold {}", &key[1..]),
            &format!("{key}\nyoung {key}"),
        ] {
            assert!(KeyFile::parse(bad).is_none(), "{bad}");
        }
    }
}

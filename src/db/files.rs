//! Files of ours: complete before they have their name, and private; and who uses a database.
//!
//! A [`Draft`] never takes the name of a file that is there unless it is asked to replace it. A [`Claim`] is a
//! lock of the kernel's on a file beside the database: it ends with its process, however that ends.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::seal::random;
use crate::error::{Error, Result};

/// What SQLite and a [`Claim`] put beside a database.
const COMPANIONS: [&str; 4] = ["-wal", "-shm", "-journal", ".lock"];

/// So much of a file that grows may wait to be on the disk.
const UNWRITTEN: u64 = 4 << 20;
/// How often is looked how much it has grown.
const LOOK: Duration = Duration::from_millis(10);

/// A path with something added to the name.
#[must_use]
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// What went wrong with a file, for the operator.
#[must_use]
pub fn at(path: &Path, error: &io::Error) -> Error {
    Error::internal(format!("{}: {error}", path.display()))
}

/// The folder that a file stands in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the folder of a file that will be, for its owner alone, if it is not there.
pub fn make_folder_of(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder_of(path))
}

/// Makes what happened to a file's name durable.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// A file in the making, beside the name it is meant for. Dropped, it is gone.
pub struct Draft {
    path: PathBuf,
    target: PathBuf,
}

impl Draft {
    /// An empty file of mode 0600.
    pub fn of(target: &Path) -> io::Result<Self> {
        make_folder_of(target)?;
        let mark = u32::from_be_bytes(random().map_err(io::Error::other)?);
        let path = with_suffix(target, &format!(".new-{mark:08x}"));
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { path, target: target.to_owned() })
    }

    /// Where it is until it has its name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs what fills the file, brings onto the disk meanwhile what it has written, and tells how many bytes there are.
    /// Left to the system, gigabytes would be written in one go, and whoever else commits waits for that.
    pub fn fill<T>(&self, grown: impl FnMut(u64) + Send, fill: impl FnOnce() -> Result<T>) -> Result<T> {
        let file = File::open(&self.path).map_err(|error| at(&self.path, &error))?;
        let (done, ended) = channel::<()>();
        thread::scope(|scope| {
            let written_out = scope.spawn(move || write_out(&file, &ended, grown));
            let filled = fill();
            drop(done);
            let written_out =
                written_out.join().map_err(|_| Error::internal("writing a copy out panicked"))?;
            // The system tells of a failure to write once only: it is not left to the last sync to find.
            written_out.map_err(|error| at(&self.path, &error)).and(filled)
        })
    }

    /// Gives the complete file its name, durably. Fails with `AlreadyExists` when a file has that name.
    pub fn publish(self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        fs::hard_link(&self.path, &self.target)?;
        sync_folder_of(&self.target)
    }

    /// The same, in place of the file that has the name.
    pub fn replace(self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        sync_folder_of(&self.target)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Most of these are not there.
        drop(fs::remove_file(&self.path));
        for companion in COMPANIONS {
            drop(fs::remove_file(with_suffix(&self.path, companion)));
        }
    }
}

fn write_out(file: &File, ended: &Receiver<()>, mut grown: impl FnMut(u64)) -> io::Result<()> {
    let mut on_disk = 0;
    while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        let length = file.metadata()?.len();
        grown(length);
        if length >= on_disk + UNWRITTEN {
            file.sync_data()?;
            on_disk = length;
        }
    }
    Ok(())
}

/// The use of an SQLite database, by many processes or by one alone.
#[derive(Debug)]
pub struct Claim {
    _locked: File,
}

impl Claim {
    /// Uses the database beside others. Refused while it is being replaced.
    pub fn shared(database: &Path) -> Result<Self> {
        Self::of(database, File::try_lock_shared, "it is being restored; try again when that has ended")
    }

    /// Uses the database alone. Refused while a server or a command uses it.
    pub fn alone(database: &Path) -> Result<Self> {
        Self::of(database, File::try_lock, "a server or another command uses it; stop that first")
    }

    fn of(
        database: &Path,
        lock: impl FnOnce(&File) -> Result<(), TryLockError>,
        held: &'static str,
    ) -> Result<Self> {
        let path = with_suffix(database, ".lock");
        let fault = |error| at(&path, &error);
        make_folder_of(database).map_err(fault)?;
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(0o600).open(&path).map_err(fault)?;
        match lock(&file) {
            Ok(()) => Ok(Self { _locked: file }),
            Err(TryLockError::WouldBlock) => Err(Error::internal(format!("{}: {held}", database.display()))),
            Err(TryLockError::Error(error)) => Err(fault(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_draft_has_its_name_whole_or_not_at_all_and_replaces_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("deep/copy.db");
        let write = |text: &str| {
            let draft = Draft::of(&target).unwrap();
            fs::write(draft.path(), text).unwrap();
            draft
        };
        drop(write("dropped"));
        assert_eq!(fs::read_dir(folder.path().join("deep")).unwrap().count(), 0);
        write("first").publish().unwrap();
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = write("second").publish().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&target).unwrap(), "first");
        write("third").replace().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "third");
        assert_eq!(fs::read_dir(folder.path().join("deep")).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_draft_tells_how_it_grows_while_it_is_filled() {
        let folder = tempfile::tempdir().unwrap();
        let draft = Draft::of(&folder.path().join("copy.db")).unwrap();
        let (grew, lengths) = channel();
        let filled = draft.fill(
            move |length| grew.send(length).unwrap_or_default(),
            || {
                let megabytes = vec![7; 9 << 20];
                fs::write(draft.path(), &megabytes).unwrap();
                while lengths.recv().unwrap() < megabytes.len() as u64 {}
                Ok("filled")
            },
        );
        assert_eq!(filled.unwrap(), "filled");
        assert!(draft.fill(|_| (), || Err::<(), _>(Error::internal("half"))).is_err());
    }

    #[test]
    fn many_share_a_database_or_one_has_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("journal.db");
        let (one, other) = (Claim::shared(&database).unwrap(), Claim::shared(&database).unwrap());
        assert!(Claim::alone(&database).is_err());
        drop(one);
        assert!(Claim::alone(&database).is_err());
        drop(other);
        let alone = Claim::alone(&database).unwrap();
        assert!(Claim::shared(&database).is_err() && Claim::alone(&database).is_err());
        drop(alone);
        Claim::shared(&database).unwrap();
    }
}

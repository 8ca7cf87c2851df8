//! How long servers take to start, ours and the peers, and the memory they have when nobody asks them anything.

use crate::Result;
use crate::bench::{folder, start_journal};
use crate::book::{Book, median};
use crate::options::Options;
use crate::peers::{Cluster, Installed};
use crate::server::Server;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// After this time an idle server has settled.
const SETTLE: Duration = Duration::from_secs(2);
const PEER_STARTS: u32 = 5;

/// Start-up times and idle memory on a directory of their own.
pub fn measure(
    options: &Options,
    directory: &Path,
    peers: &[Installed],
    cluster: Option<&Cluster>,
    book: &mut Book,
) -> Result<()> {
    println!("starting {} times", options.starts);
    let home = folder(directory, "starts")?;
    // The first start also makes key and tables.
    let mut first = start_journal(&home)?;
    book.fact("first start ms", first.ready_ms);
    first.stop();
    let (start, idle) = start_often(options.starts, || start_journal(&home))?;
    book.fact("start ms", start);
    book.fact("idle MB", idle);
    for installed in peers {
        let title = installed.peer.title;
        let home = folder(directory, &format!("{}-starts", installed.peer.name))?;
        let outcome = installed.start(&home, cluster).and_then(|mut first| {
            first.stop();
            start_often(options.starts.min(PEER_STARTS), || installed.start(&home, cluster))
        });
        match outcome {
            Ok((start, idle)) => {
                book.fact(format!("{title} start ms"), start);
                book.fact(format!("{title} idle MB"), idle);
            }
            Err(error) => book.skip(format!("{title}: {error}")),
        }
    }
    Ok(())
}

/// The median time to the ready line, and the resident memory of the last server once it has settled.
fn start_often(times: u32, start: impl Fn() -> Result<Server>) -> Result<(f64, f64)> {
    let mut ready = Vec::new();
    for _ in 1..times {
        ready.push(start()?.ready_ms);
    }
    let last = start()?;
    ready.push(last.ready_ms);
    thread::sleep(SETTLE);
    let idle = last.memory()?.now;
    Ok((median(ready).unwrap_or_default(), idle))
}

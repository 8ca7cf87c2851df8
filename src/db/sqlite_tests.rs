//! The writer: what happens to the others when one job fails, panics or breaks the whole commit. And the line of long
//! work.

use super::statement::{Bind, Cell, Statement};
use super::*;
use crate::error::{Code, Error};

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// A store with one small table of its own.
async fn store(folder: &tempfile::TempDir) -> Db {
    let db = Db::open_sqlite(&folder.path().join("deep/journal.db")).unwrap();
    db.write(async |conn| {
        conn.send(Statement::new("CREATE TABLE lines (line BLOB)")).await?;
        Ok(())
    })
    .await
    .unwrap();
    db
}

async fn insert(conn: &Conn<'_>, line: &[u8]) -> Result<()> {
    let line = Bind::Bytes(Some(line.to_vec()));
    conn.send(Statement::new("INSERT INTO lines VALUES (").bind(line).sql(")")).await?;
    Ok(())
}

async fn count(db: &Db) -> i64 {
    let rows = db.read(async |conn| Ok(conn.rows(Statement::new("SELECT count(*) FROM lines")).await?)).await;
    rows.unwrap().remove(0).0.remove(0).int().unwrap()
}

#[test]
fn a_job_that_fails_or_panics_or_is_undone_goes_alone() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        let kept = db.write(async |conn| insert(conn, b"kept").await);
        let failed = db.write(async |conn| {
            insert(conn, b"failed").await?;
            Err::<(), _>(Error::not_found())
        });
        let panicked = db.write(async |conn| {
            insert(conn, b"panicked").await?;
            assert!(conn.is_undone(), "on purpose");
            Ok(())
        });
        let undone = db.write(async |conn| {
            insert(conn, b"undone").await?;
            conn.undo();
            Ok(7)
        });
        let last = db.write(async |conn| insert(conn, b"last").await);
        // All five wait for the writer at the same time, so that they can share a commit.
        let (kept, failed, panicked, undone, last) =
            futures_util::join!(kept, failed, panicked, undone, last);
        kept.unwrap();
        last.unwrap();
        assert_eq!(undone.unwrap(), 7);
        assert_eq!(failed.unwrap_err().problem().code, Code::NotFound);
        assert_eq!(panicked.unwrap_err().problem().code, Code::Internal);
        assert_eq!(count(&db).await, 2);
        db.close();
    });
}

#[test]
fn a_full_disk_is_503_keeps_what_was_acknowledged_and_ends_with_room() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        db.write(async |conn| insert(conn, b"acknowledged").await).await.unwrap();
        let set_pages = async |pages: i64| {
            db.write(async move |conn| {
                conn.rows(Statement::new(format!("PRAGMA max_page_count = {pages}"))).await?;
                Ok(())
            })
            .await
            .unwrap();
        };
        // The least that SQLite accepts is the present size: the next page is one too many.
        set_pages(1).await;
        let before = db.write(async |conn| insert(conn, b"small, fits into a page").await);
        let large = db.write(async |conn| insert(conn, &vec![7; 100_000]).await);
        let (before, large) = futures_util::join!(before, large);
        let refused = large.unwrap_err().problem();
        assert_eq!((refused.code, refused.retry_after), (Code::StorageFull, Some(1)));
        set_pages(1_000_000).await;
        db.write(async |conn| insert(conn, &vec![7; 100_000]).await).await.unwrap();
        // Whatever the small one was told is what happened to it.
        assert_eq!(count(&db).await, 2 + i64::from(before.is_ok()));
        db.close();
    });
}

#[test]
fn readers_cannot_write_and_snapshots_see_one_state() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        assert!(db.read(async |conn| insert(conn, b"from a reader").await).await.is_err());
        let seen = db
            .snapshot(async |conn| {
                let select = || Statement::new("SELECT count(*) FROM lines");
                let before = conn.rows(select()).await?;
                // A second connection commits in the middle.
                let mut other = sqlite::connect(&folder.path().join("deep/journal.db")).unwrap();
                diesel::connection::SimpleConnection::batch_execute(
                    &mut other,
                    "INSERT INTO lines VALUES (x'00')",
                )
                .unwrap();
                Ok((before, conn.rows(select()).await?))
            })
            .await
            .unwrap();
        assert_eq!(seen.0, seen.1);
        assert_eq!(count(&db).await, 1);
        db.close();
    });
}

#[test]
fn after_close_writes_are_refused_and_reads_go_on() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        db.close();
        let refused = db.write(async |conn| insert(conn, b"late").await).await.unwrap_err();
        assert_eq!(refused.problem().code, Code::StorageUnavailable);
        assert_eq!(count(&db).await, 0);
    });
}

#[test]
fn values_survive_the_round_trip() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        let rows = db
            .read(async |conn| {
                let binds = [
                    Bind::Int(Some(-5)),
                    Bind::Real(Some(6.25)),
                    Bind::Bool(Some(true)),
                    Bind::Text(Some("ä".into())),
                    Bind::Bytes(Some(vec![0, 255])),
                    Bind::Time(Some(types::Time(-1))),
                    Bind::Int(None),
                ];
                Ok(conn.rows(Statement::new("SELECT ").list(binds)).await?)
            })
            .await
            .unwrap();
        let expected = [
            Cell::Int(-5),
            Cell::Real(6.25),
            Cell::Int(1),
            Cell::Text("ä".into()),
            Cell::Bytes(vec![0, 255]),
            Cell::Int(-1),
            Cell::Null,
        ];
        assert_eq!(rows[0].0, expected);
    });
}

#[test]
fn who_waits_hears_what_was_committed_and_nothing_else() {
    use futures_util::FutureExt as _;
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        let account = types::Id(crate::clock::new_random_id());
        let mut watching = db.watchers().watch(account, 1).unwrap();
        let write = async |undo: bool, fail: bool, revision: i64| {
            let write = db.write(async move |conn| {
                conn.announce(account, revision);
                if undo {
                    conn.undo();
                }
                if fail { Err(Error::not_found()) } else { Ok(()) }
            });
            drop(write.await);
        };
        write(true, false, 2).await;
        write(false, true, 3).await;
        assert_eq!(watching.changed().now_or_never(), None);
        // At once: nobody has looked out for other processes here.
        write(false, false, 4).await;
        assert_eq!(watching.changed().now_or_never(), Some(4));
    });
}

#[test]
fn what_comes_during_a_long_write_waits_for_it_and_is_done() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        let long = db.write(async |conn| {
            std::thread::sleep(std::time::Duration::from_millis(2_300));
            insert(conn, b"an import").await
        });
        let short = async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            db.write(async |conn| insert(conn, b"an entry").await).await
        };
        let (long, short) = futures_util::join!(long, short);
        long.unwrap();
        short.unwrap();
        assert_eq!(count(&db).await, 2);
    });
}

#[test]
fn long_work_waits_in_a_short_line() {
    use futures_util::FutureExt as _;
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let db = store(&folder).await;
        let (go, gone) = tokio::sync::watch::channel(false);
        let work = || {
            let mut gone = gone.clone();
            db.apart(async move |_: &Db| {
                gone.wait_for(|gone| *gone).await.unwrap();
                Ok(())
            })
        };
        let most = db.places.available_permits() + LINE;
        let mut working = Box::pin(futures_util::future::join_all((0..most).map(|_| work())));
        assert!((&mut working).now_or_never().is_none());
        let refused = work().now_or_never().unwrap().unwrap_err();
        assert_eq!(refused.problem().code, Code::Overloaded);
        go.send(true).unwrap();
        assert!(working.await.into_iter().all(|outcome| outcome.is_ok()));
        work().await.unwrap();
    });
}

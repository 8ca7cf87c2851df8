//! The export as JSON: everything, as the API shows it, so that nothing is lost and it can be imported again.
//!
//! Deleted records are not in it: their content is gone, and their ids are for devices. A record stands on a
//! line of its own, in the order of ids.

use super::export::Out;
use super::store;
use crate::auth::{self, Account};
use crate::clock;
use crate::db::Conn;
use crate::error::Result;
use crate::fields::write;
use crate::journal::{self, COLLECTIONS, Reading};
use crate::sharing::{disclosures, offers};

/// What the file says it is.
pub const FORMAT: &str = "recovery-journal";
/// Grows when an older server could misread the file; new members and collections are no reason.
pub const VERSION: i64 = 1;

/// Writes the export.
pub async fn write(conn: &Conn<'_>, account: &Account, out: &mut Out) -> Result<()> {
    let reading = Reading::own(account);
    let profile = auth::profile(conn, account).await?;
    let revision = journal::store::revision(conn, &account.key).await?;
    let buffer = &mut out.buffer;
    buffer.extend_from_slice(b"{\"format\":");
    write::json(buffer, FORMAT);
    buffer.extend_from_slice(b",\"version\":");
    write::json(buffer, &VERSION);
    buffer.extend_from_slice(b",\"exported_at\":");
    write::time(buffer, clock::now().into());
    buffer.extend_from_slice(b",\n\"account\":");
    write::json(buffer, &profile);
    buffer.extend_from_slice(b",\n\"journal\":{\"revision\":");
    write::json(buffer, &revision);
    buffer.extend_from_slice(b"},\n\"collections\":{");
    for (index, collection) in COLLECTIONS.iter().enumerate() {
        out.buffer.extend_from_slice(if index > 0 { b"],\n" } else { b"\n" });
        write::json(&mut out.buffer, collection.name);
        out.buffer.extend_from_slice(b":[");
        let mut separator: &[u8] = b"\n";
        store::each_page(conn, &reading, collection, async |records| {
            for record in records {
                out.buffer.extend_from_slice(std::mem::replace(&mut separator, b",\n"));
                record.write(collection, &mut out.buffer);
                out.pass_on().await?;
            }
            Ok(())
        })
        .await?;
    }
    out.buffer.extend_from_slice(b"]\n},\n\"shares\":");
    write::json(&mut out.buffer, &offers::of_member(conn, account).await?);
    out.buffer.extend_from_slice(b",\n\"disclosures\":[");
    let mut separator: &[u8] = b"\n";
    disclosures::each_page(conn, account, async |disclosures| {
        for disclosure in disclosures {
            out.buffer.extend_from_slice(std::mem::replace(&mut separator, b",\n"));
            write::json(&mut out.buffer, &disclosure);
            out.pass_on().await?;
        }
        Ok(())
    })
    .await?;
    out.buffer.extend_from_slice(b"]}\n");
    Ok(())
}

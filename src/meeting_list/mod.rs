//! The public meeting list: meetings that the operator imported from Meeting Guide feeds, to be searched and to
//! log an attendance from. It is about nobody, holds nothing of anybody's journal, and asks no other server for
//! anything.
//!
//! | file | what it does |
//! |---|---|
//! | `listing` | a listed meeting: one row a meeting and day |
//! | `feed` | reads a feed, and says what is wrong with an entry |
//! | `commands` | `recovery-journal meetings import`, `list` and `remove` |
//! | `search` | what is near, or comes next; `store` holds the SQL of all |

pub mod commands;
pub mod feed;
mod listing;
pub mod search;
mod store;

pub use listing::{FORMATS, Listing};
pub use store::find;

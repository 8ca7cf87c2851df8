//! What all routes share: bodies, replies, pages, the envelope around every request, and the document.

pub mod body;
pub mod query;
pub mod reply;
pub mod route;

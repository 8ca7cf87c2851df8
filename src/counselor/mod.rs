//! Pages for a counselor, and for a person who looks at what their counselor sees: made on the server, without a
//! script, from the same answers that the API gives under a share.
//!
//! | file | what it does |
//! |---|---|
//! | `charts` | lines, sparklines and the week's heatmap as SVG, each with its words and its table |
//! | `home` | the caseload, invitations, and a member's own shares |
//! | `client`, `brief` | one client over some dates, and the one page before a session |
//! | `routes` | paths, cookies, forms, errors as pages, the style sheet |
//!
//! Refuses by default: there is no read here that `sharing` does not make and write down, nothing is shown that the
//! API would not answer, and a page that fails says so as a page.

mod brief;
mod charts;
mod client;
mod home;
pub mod routes;

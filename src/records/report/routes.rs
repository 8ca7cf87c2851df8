//! Reports over HTTP.
//!
//! Refuses more of them at a time than the machine has room for (503), and to a caller to whom a share opens
//! nothing of a report (403, and the denial is written down).

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;
use tokio::sync::Semaphore;

use super::{Dates, of_own, of_visit};
use crate::auth::{Member, Role, Signed};
use crate::clock;
use crate::db::Db;
use crate::domain::day;
use crate::error::{Code, Error, Result};
use crate::http::envelope::RequestId;
use crate::http::reply;
use crate::http::route::{Access, Parameter, Route};
use crate::http::router::path_part;
use crate::journal::document as schemas;
use crate::records::document;
use crate::records::routes::place;
use crate::sharing::Sharing;
use crate::sharing::routes::{path_id, share_parameter};

/// Reports at a time: each is a few figures and a moment of one core.
static REPORTS: Semaphore = Semaphore::const_new(4);
const MEDIA_TYPE: &str = "application/pdf";

/// The routes.
#[must_use]
pub fn routes() -> [Route; 2] {
    let own = Route::new(Method::GET, "/v1/report.pdf", "get_report", own)
        .says("records", "Make a report to bring to a doctor")
        .describes(
            "One to a few pages: clocks, ratings with small charts, cravings, what set them off and what helped, \
             medication, care, meetings, questionnaires. A tagged PDF (PDF/UA-1) with its fonts in it; the same journal, \
             dates and `as_of` are the same bytes. The figures are those of `/v1/trends`, `/v1/streaks` and `/v1/insights`.",
        );
    let path = "/v1/clients/{share_id}/report.pdf";
    let client = Route::new(Method::GET, path, "get_client_report", client)
        .says("clients", "Make a report to bring to a doctor of a client")
        .describes(
            "The member's own report, cut to what the share opens; it names what is not shared. Each list and figure in it \
             is written into the member's list of disclosures before it is given.",
        )
        .access(Access::Account)
        .parameters([share_parameter("share_id")])
        .refuses(&[Code::WrongRole, Code::NotShared]);
    [own, client].map(|route| {
        route
            .parameters(parameters())
            .answers_as(MEDIA_TYPE, 200, "The report.", document::report_file_schema)
            .refuses(&[Code::ValidationFailed])
    })
}

fn parameters() -> [Parameter; 3] {
    let date = |name, about| Parameter { name, place: "query", schema: schemas::date().into(), about };
    [
        date("from", "First date, inclusive; 89 days before `to` when not given."),
        date("to", "Last date, inclusive; today when not given, and cut at today."),
        date("as_of", "The date to take for today."),
    ]
}

async fn own(member: Member, db: web::Data<Db>, request: HttpRequest) -> Result<HttpResponse> {
    let today = day::local_date(clock::now(), &member.time_zone, member.day_starts_at);
    let dates = Dates::of(request.query_string(), today)?;
    let place = place(&REPORTS)?;
    Ok(file(dates, of_own(&db, member, dates, place).await?))
}

async fn client(signed: Signed, sharing: web::Data<Sharing>, request: HttpRequest) -> Result<HttpResponse> {
    let share = path_id(path_part(&request, "share_id"))?;
    let place = place(&REPORTS)?;
    let (query, request_id) = (request.query_string(), RequestId::of(&request));
    let asks = |_: &_, today| Ok(Dates::of(query, today)?.questions());
    let visit = sharing.visit(&signed, share, &request_id, asks).await;
    let visit = visit.map_err(|error| match error.problem().code {
        // Clients are for counselors; a supporter's share opens milestones alone.
        Code::NotFound if signed.role != Role::Counselor => {
            Error::new(Code::WrongRole, "only a counselor has clients")
        }
        _ => error,
    })?;
    if visit.answers.is_empty() {
        // Asked for by itself, it is refused, and the denial is written down.
        sharing.read_figure(&signed, share, "trends", &request_id).await?;
    }
    let dates = Dates::of(query, visit.today)?;
    Ok(file(dates, of_visit(visit, dates, place).await?))
}

fn file(dates: Dates, pdf: Vec<u8>) -> HttpResponse {
    reply::download(MEDIA_TYPE, &dates.file_name(), stream::iter([Ok(pdf)]))
}

//! The page that *Open in CRM* leads to: one email as a person would see it.
//!
//! For demonstrations only: it asks for no sign-in, so it must never show more than the sandbox's own data,
//! and everything from a mail is escaped. The address has the form of the real one.

use super::metadata::table;
use super::shape::written;
use super::store::{Cell, Organization, Row};
use crate::World;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use std::fmt::Write;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Debug, Deserialize)]
pub struct Address {
    etn: Option<String>,
    id: Option<String>,
}

const STYLE: &str = "body{font:15px/1.45 'Segoe UI',system-ui,sans-serif;margin:0;background:#f5f5f5;color:#242424}\
header{background:#0b3a5b;color:#fff;padding:10px 24px}main{max-width:760px;margin:24px auto;background:#fff;\
padding:24px 32px;border-radius:6px;box-shadow:0 1px 3px #0003}h1{font-size:22px;margin:0 0 4px}\
p.state{color:#616161;margin:0 0 16px}dl{display:grid;grid-template-columns:130px 1fr;gap:6px 12px;margin:0}\
dt{color:#616161}dd{margin:0;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere;\
border-top:1px solid #e0e0e0;margin:20px 0 0;padding-top:16px;font:inherit}\
@media(prefers-color-scheme:dark){body{background:#1f1f1f;color:#f0f0f0}main{background:#292929}\
dt,p.state{color:#adadad}pre{border-color:#525252}}";

/// `GET /main.aspx?etn=email&id=…&pagetype=entityrecord`.
pub async fn record(State(world): State<Arc<World>>, Query(address): Query<Address>) -> Response {
    let org = world.dataverse().clone();
    let id = address.id.as_deref().and_then(|id| id.trim_matches(['{', '}']).parse::<Uuid>().ok());
    let name = address.etn.as_deref().unwrap_or("email");
    let found = id.and_then(|id| org.find(name, id).map(|(of, row)| (of, id, row)));
    let (status, title, main) = if let Some((of, id, row)) = found {
        let title = row.text(of.name).unwrap_or("(no subject)").to_owned();
        (StatusCode::OK, title, body(&org, of.logical, id, row))
    } else {
        let main = "<h1>Record is unavailable</h1><p>The record was deleted, or the address is wrong.</p>";
        (StatusCode::NOT_FOUND, "Record is unavailable".to_owned(), main.to_owned())
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{}</title><style>{STYLE}</style></head><body><header>{} · \
         Dynamics 365 (sandbox)</header><main>{main}</main></body></html>",
        escape(&title),
        escape(crate::company::NAME)
    );
    let policy = [(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'")];
    (status, policy, Html(page)).into_response()
}

fn body(org: &Organization, name: &str, id: Uuid, row: &Row) -> String {
    let of = table(name);
    let mut html = format!("<h1>{}</h1>", escape(row.text(of.name).unwrap_or("(no subject)")));
    let state = row.int("statecode").unwrap_or(0);
    let status = of.statuses.iter().find(|status| Some(status.value) == row.int("statuscode"));
    let label = status.map_or("", |status| status.label);
    let _ = write!(html, "<p class=\"state\">{} · {} · {}</p><dl>", of.display, of.state_label(state), label);
    for (mask, label) in [(1, "From"), (2, "To"), (3, "Cc"), (4, "Bcc")] {
        let people = people(org, id, mask);
        if !people.is_empty() {
            line(&mut html, label, &people.join("; "));
        }
    }
    for (column, label) in
        [("regardingobjectid", "Regarding"), ("ownerid", "Owner"), ("parentcustomerid", "Company")]
    {
        if let Some(link) = row.link(column) {
            let kind = super::metadata::schema().by_name(&link.table).map_or("", |table| table.display);
            line(&mut html, label, &format!("{} ({kind})", org.name_of(link).unwrap_or("(no name)")));
        }
    }
    if of.logical == "email" {
        line(&mut html, "Direction", if row.flag("directioncode") { "Outgoing" } else { "Incoming" });
    }
    for (column, label) in
        [("messageid", "Message id"), ("emailaddress1", "Email"), ("ticketnumber", "Number")]
    {
        if let Some(text) = row.text(column) {
            line(&mut html, label, text);
        }
    }
    if let Some(Cell::Time(time)) = row.cells.get("createdon") {
        line(&mut html, "Created on", &written(*time));
    }
    html.push_str("</dl>");
    if let Some(text) = row.text("description") {
        let _ = write!(html, "<pre>{}</pre>", escape(&without_tags(text)));
    }
    html
}

fn people(org: &Organization, activity: Uuid, mask: i64) -> Vec<String> {
    org.parties(activity)
        .into_iter()
        .filter(|(_, row)| row.int("participationtypemask") == Some(mask))
        .map(|(_, row)| {
            let name = row.link("partyid").and_then(|link| org.name_of(link));
            match (name, row.text("addressused")) {
                (Some(name), Some(address)) => format!("{name} <{address}>"),
                (Some(name), None) => name.to_owned(),
                (None, address) => format!("{} (unresolved)", address.unwrap_or("unknown")),
            }
        })
        .collect()
}

fn line(html: &mut String, label: &str, text: &str) {
    let _ = write!(html, "<dt>{label}</dt><dd>{}</dd>", escape(text));
}

/// Mail text without its markup; what is left is escaped by the caller.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    text.trim().to_owned()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

//! Change tracking: what was added, changed or deleted since a delta token.
//!
//! A token is the organization's row version at the time, and a date for people. It is refused when it is
//! older than what the organization remembers; the client must then read everything again.

use super::asking::Asking;
use super::errors::{Answer, Fault};
use super::metadata::Table;
use super::reply::Reply;
use super::rights::{Depth, Verb};
use super::shape;
use super::store::Row;
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use uuid::Uuid;

fn refuse_options(asking: &Asking<'_>, of: &Table) -> Answer<()> {
    let options = &asking.options;
    let sent = [
        ("$filter", options.filter.is_some()),
        ("$orderby", options.orderby.is_some()),
        ("$expand", !options.expand.is_empty()),
        ("$top", options.top.is_some()),
    ];
    if let Some((name, _)) = sent.iter().find(|(_, sent)| *sent) {
        let message =
            format!("The \"{name}\" query parameter isn't supported when Change Tracking is enabled.");
        return Err(Fault::bad_query(message));
    }
    if !of.tracks_changes {
        let message = format!(
            "Change tracking is not enabled for entity '{}'. Enable change tracking for the entity to use the \
             odata.track-changes preference.",
            of.logical
        );
        return Err(Fault::bad_query(message));
    }
    // Reading all changes takes the right to read all rows.
    let privilege = Verb::Read.privilege(of);
    let who = asking.who.sender();
    if who.privileges.get(privilege) != Some(&Depth::Global) {
        return Err(Fault::missing_privilege(who, privilege, Some(of)));
    }
    Ok(())
}

fn version(asking: &Asking<'_>, token: &str) -> Answer<u64> {
    let number = token.split('!').next().and_then(|text| text.parse::<u64>().ok());
    let number = number.ok_or_else(|| Fault::bad_query("The delta token is malformed."))?;
    if number < asking.org.switches.oldest_delta {
        let message = "Version stamp associated with the client has expired. Please perform a full sync.";
        return Err(Fault::new(StatusCode::BAD_REQUEST, "0x80044352", message));
    }
    Ok(number)
}

fn changed<'a>(asking: &'a Asking<'_>, of: &'static Table, since: u64) -> Vec<(Uuid, &'a Row)> {
    let org = asking.org;
    let mut rows: Vec<_> = org
        .rows(of)
        .filter(|(stored, id, row)| row.version > since && org.may(&asking.who, Verb::Read, stored, *id, row))
        .map(|(_, id, row)| (id, row))
        .collect();
    rows.sort_by_key(|(_, row)| row.version);
    rows
}

fn removed<'a>(asking: &'a Asking<'_>, of: &'a Table, since: u64) -> impl Iterator<Item = Uuid> + 'a {
    let deleted = asking.org.deleted.iter();
    deleted.filter(move |gone| gone.table == of.logical && gone.version > since).map(|gone| gone.id)
}

/// `GET /contacts` with `Prefer: odata.track-changes`, or a delta link.
pub fn list(asking: &Asking<'_>, of: &'static Table) -> Answer<Reply> {
    refuse_options(asking, of)?;
    let options = &asking.options;
    let since = options.deltatoken.as_deref().map(|token| version(asking, token)).transpose()?;
    let view = asking.view();
    let mut value = Vec::new();
    for (id, row) in changed(asking, of, since.unwrap_or(0)) {
        value.push(Value::Object(view.object(of, id, row, &options.select, &[])?));
    }
    let (base, set) = (&asking.base, of.set);
    for id in since.into_iter().flat_map(|since| removed(asking, of, since)) {
        let context = format!("{base}/$metadata#{set}/$deletedEntity");
        value.push(json!({"@odata.context": context, "id": id, "reason": "deleted"}));
    }
    let selection = shape::selection(&options.select, &[]);
    let kind = if since.is_some() { "/$delta" } else { "" };
    let moment = asking.now.strftime("%m/%d/%Y %H:%M:%S");
    let token = format!("{}!{moment}", asking.org.version());
    let token = utf8_percent_encode(&token, NON_ALPHANUMERIC);
    let select = if options.select.is_empty() {
        String::new()
    } else {
        format!("$select={}&", options.select.join(","))
    };
    let body = json!({
        "@odata.context": format!("{base}/$metadata#{set}{selection}{kind}"),
        "@odata.deltaLink": format!("{base}/{set}?{select}$deltatoken={token}"),
        "value": value,
    });
    let reply = Reply::json(StatusCode::OK, &body);
    Ok(reply.with_header(http::HeaderName::from_static("preference-applied"), "odata.track-changes"))
}

/// `GET /contacts/$count?$deltatoken=…`.
pub fn count(asking: &Asking<'_>, of: &'static Table) -> Answer<Reply> {
    refuse_options(asking, of)?;
    let since = version(asking, asking.options.deltatoken.as_deref().unwrap_or_default())?;
    let count = changed(asking, of, since).len() + removed(asking, of, since).count();
    Ok(Reply::text(count.to_string()))
}

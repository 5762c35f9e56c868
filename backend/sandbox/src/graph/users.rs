//! People of the directory: `/me`, `/users`, `/users/{id}`.

use super::asked::{Asked, Reply};
use super::not_allowed;
use super::problem::Problem;
use crate::World;
use crate::company;
use crate::entra::Caller;
use crate::exchange::{Exchange, Mailbox, MailboxKind};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

/// Shown unless others are selected.
const USUAL: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];

pub fn answer(asked: &Asked<'_>, exchange: &Exchange) -> Result<Reply, Problem> {
    if asked.method != Method::GET {
        return Err(not_allowed(&asked.method));
    }
    if let [("users", None)] = asked.steps().as_slice() {
        return list(asked, exchange);
    }
    let who = asked.owner()?;
    check(asked, Some(&who))?;
    let mailbox = exchange.mailbox(&who).map_err(|_| {
        Problem::new(
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
            format!(
                "Resource '{who}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    })?;
    let context = format!("{}/v1.0/$metadata#users{}/$entity", asked.world.options.origin, selected(asked));
    Ok(Reply::entity(StatusCode::OK, context, Value::Object(shown(mailbox, asked.query.select().as_deref()))))
}

/// `User.Read` shows oneself; everybody else needs more.
fn check(asked: &Asked<'_>, who: Option<&str>) -> Result<(), Problem> {
    let all = ["User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All"];
    let allowed = match &asked.caller {
        Caller::App { roles, .. } => roles.iter().any(|role| all.contains(&role.as_str())),
        Caller::User { oid, scopes, .. } => {
            let own = is_person(oid, who);
            scopes.iter().any(|scope| all.contains(&scope.as_str()) || own && scope == "User.Read")
        }
    };
    if allowed { Ok(()) } else { Err(Problem::insufficient_privileges()) }
}

/// Whether this names the person, by object id or principal name.
fn is_person(oid: &str, who: Option<&str>) -> bool {
    let upn = World::person(oid).map(|person| person.upn);
    who.is_some_and(|who| {
        who.eq_ignore_ascii_case(oid) || upn.is_some_and(|upn| upn.eq_ignore_ascii_case(who))
    })
}

fn list(asked: &Asked<'_>, exchange: &Exchange) -> Result<Reply, Problem> {
    check(asked, None)?;
    let (filter, order, select) = (asked.query.filter()?, asked.query.order()?, asked.query.select());
    if asked.query.get("search").is_some() {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "Request_UnsupportedQuery",
            "Request with $search query parameter only works through MSGraph with a special request header: \
             'ConsistencyLevel: eventual'; the sandbox doesn't search the directory.",
        ));
    }
    let mut items: Vec<Value> = exchange
        .mailboxes()
        .map(|mailbox| Value::Object(in_full(mailbox)))
        .filter(|value| filter.as_ref().is_none_or(|filter| filter.holds(value)))
        .collect();
    super::filter::sort(&mut items, &order);
    let total = items.len();
    let top = asked.query.top()?.unwrap_or(100);
    let skip: usize = asked.query.get("skiptoken").and_then(|text| text.parse().ok()).unwrap_or(0);
    let page: Vec<Value> = items
        .into_iter()
        .skip(skip)
        .take(top)
        .map(|mut value| {
            if let Value::Object(map) = &mut value {
                narrow(map, select.as_deref());
            }
            value
        })
        .collect();
    let mut answer = json!({
        "@odata.context": format!("{}/v1.0/$metadata#users{}", asked.world.options.origin, selected(asked)),
        "value": page,
    });
    if asked.query.wants_count() {
        answer["@odata.count"] = json!(total);
    }
    if skip + top < total {
        answer["@odata.nextLink"] =
            json!(asked.link(&["skiptoken"], &[("skiptoken", &(skip + top).to_string())]));
    }
    Ok(Reply::ok(answer))
}

fn selected(asked: &Asked<'_>) -> String {
    asked.query.select().map(|names| format!("({})", names.join(","))).unwrap_or_default()
}

fn shown(mailbox: &Mailbox, select: Option<&[String]>) -> Map<String, Value> {
    let mut map = in_full(mailbox);
    narrow(&mut map, select);
    map
}

fn narrow(map: &mut Map<String, Value>, select: Option<&[String]>) {
    map.retain(|name, _| match select {
        Some(select) => select.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)),
        None => USUAL.contains(&name.as_str()),
    });
}

fn in_full(mailbox: &Mailbox) -> Map<String, Value> {
    let person = company::PEOPLE.iter().find(|person| person.oid == mailbox.oid);
    let (first, last) = match (mailbox.kind, mailbox.name.split_once(' ')) {
        (MailboxKind::User, Some((first, last))) => (Some(first), Some(last)),
        _ => (None, None),
    };
    let shown = json!({
        "id": mailbox.oid,
        "displayName": mailbox.name,
        "givenName": first,
        "surname": last,
        "jobTitle": person.map(|person| person.title),
        "mail": mailbox.upn,
        "userPrincipalName": mailbox.upn,
        "mailNickname": mailbox.upn.split('@').next(),
        "proxyAddresses": [format!("SMTP:{}", mailbox.upn)],
        "businessPhones": [],
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "companyName": company::NAME,
        "department": person.map(|_| "Sales"),
        "userType": "Member",
        "accountEnabled": mailbox.kind == MailboxKind::User,
    });
    shown.as_object().cloned().unwrap_or_default()
}

//! Functions of the Web API: who am I, what may I do, was this mail promoted already.

use super::asking::{Asking, key, reference};
use super::errors::{Answer, Fault};
use super::literal::text_literal;
use super::metadata::{Table, table};
use super::reply::Reply;
use super::request::Segment;
use super::rights::{Caller, Depth, privilege_id};
use crate::company;
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Arguments by name, aliases resolved: `Target=@t` with `@t=…` in the query.
fn arguments(asking: Asking<'_>, text: &str) -> BTreeMap<String, String> {
    text.split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let value = value.trim();
            let value = asking.options.aliases.get(value).map_or(value, String::as_str);
            (name.trim().to_owned(), value.to_owned())
        })
        .collect()
}

fn respond(asking: Asking<'_>, name: &str, mut body: Value) -> Reply {
    body["@odata.context"] =
        json!(format!("{}/$metadata#Microsoft.Dynamics.CRM.{name}Response", asking.base));
    Reply::json(StatusCode::OK, &body)
}

/// A function that stands alone; `None`: the name is none.
pub fn unbound(asking: Asking<'_>, segment: &Segment) -> Option<Answer<Reply>> {
    let name = segment.name.trim_start_matches("Microsoft.Dynamics.CRM.");
    let caller = &asking.who.effective;
    let body = match name {
        "WhoAmI" => json!({
            "BusinessUnitId": caller.business_unit,
            "UserId": caller.user,
            "OrganizationId": company::ORGANIZATION_ID,
        }),
        "RetrieveVersion" => json!({"Version": asking.org.switches.version}),
        "RetrieveCurrentOrganization" => json!({"Detail": {
            "OrganizationId": company::ORGANIZATION_ID,
            "FriendlyName": company::NAME,
            "OrganizationVersion": asking.org.switches.version,
            "EnvironmentId": company::ORGANIZATION_ID,
            "UrlName": "northlight",
            "UniqueName": "northlight",
            "State": "Enabled",
            "Geo": "EMEA",
            "TenantId": company::TENANT_ID,
            "Endpoints": {
                "Count": 1,
                "Keys": ["WebApplication"],
                "Values": [format!("{}/", asking.base.split("/api/").next().unwrap_or_default())],
            },
        }}),
        "CheckPromoteEmail" => match promotable(asking, segment.key.as_deref().unwrap_or_default()) {
            Ok(body) => body,
            Err(fault) => return Some(Err(fault)),
        },
        _ => return None,
    };
    Some(Ok(respond(asking, name, body)))
}

/// Whether a mail would become a new record: not when one with its message id is there already. While mail
/// between users makes two activities, the sent and the received copy do not stand in each other's way.
fn promotable(asking: Asking<'_>, text: &str) -> Answer<Value> {
    let arguments = arguments(asking, text);
    let missing = || Fault::invalid("The parameter 'MessageId' of CheckPromoteEmail is missing.");
    let message_id = arguments.get("MessageId").and_then(|value| text_literal(value)).ok_or_else(missing)?;
    // 0 incoming, 1 outgoing.
    let outgoing = arguments.get("DirectionCode").map(|direction| direction.trim() == "1");
    let settings = asking.org.rows(table("organization")).next();
    let two_activities = settings.is_none_or(|(_, _, row)| !row.flag("ignoreinternalemail"));
    let known = asking.org.rows(table("email")).any(|(_, _, row)| {
        let same_way = outgoing.is_none_or(|way| !two_activities || row.flag("directioncode") == way);
        same_way && row.text("messageid").is_some_and(|id| id.eq_ignore_ascii_case(&message_id))
    });
    let reason = if known { DUPLICATE } else { ACCEPT_ALL };
    Ok(json!({"ShouldPromote": !known, "ReasonCode": reason}))
}

/// Reason codes of the service: there already, and nothing against it.
const DUPLICATE: i32 = 0;
const ACCEPT_ALL: i32 = 6;

/// A function bound to a row.
pub fn bound(asking: Asking<'_>, of: &'static Table, id: Uuid, segment: &Segment) -> Answer<Reply> {
    let name = segment.name.trim_start_matches("Microsoft.Dynamics.CRM.");
    if !matches!(of.logical, "systemuser" | "team") {
        return Err(Fault::unknown_segment(&segment.name));
    }
    // Rights can be asked for those too who are disabled.
    let row = asking.org.row(of.logical, id).ok_or_else(|| Fault::missing_record(of, id))?;
    let caller = asking.org.rights_of(id, row);
    let body = match (of.logical, name) {
        (_, "RetrievePrincipalAccess") => {
            let arguments = arguments(asking, segment.key.as_deref().unwrap_or_default());
            let target = arguments
                .get("Target")
                .ok_or_else(|| Fault::invalid("The parameter 'Target' is missing."))?;
            json!({"AccessRights": access(asking, of, &caller, target)?})
        }
        ("systemuser", "RetrieveUserPrivileges") | ("team", "RetrieveTeamPrivileges") => {
            json!({"RolePrivileges": privileges(&caller)})
        }
        _ => return Err(Fault::unknown_segment(&segment.name)),
    };
    Ok(respond(asking, name, body))
}

fn access(asking: Asking<'_>, of: &Table, caller: &Caller, target: &str) -> Answer<String> {
    let wrong = || Fault::invalid("The parameter 'Target' must be {\"@odata.id\":\"accounts(…)\"}.");
    let target: Value = serde_json::from_str(target).map_err(|_| wrong())?;
    let address = target["@odata.id"].as_str();
    let (table, id) = if let Some(address) = address {
        reference(asking.org, of, address)?
    } else {
        // The other spelling: the type and its key.
        let kind =
            target["@odata.type"].as_str().and_then(|kind| kind.rsplit('.').next()).ok_or_else(wrong)?;
        let table = super::metadata::schema().by_name(kind).ok_or_else(wrong)?;
        let id = target[table.id].as_str().ok_or_else(wrong)?;
        (table, key(asking.org, table, id)?)
    };
    let (stored, row) = asking.org.find(table.logical, id).ok_or_else(|| Fault::missing_record(table, id))?;
    Ok(asking.org.access_rights(caller, stored, id, row))
}

fn privileges(caller: &Caller) -> Vec<Value> {
    let depth = |depth: Depth| match depth {
        Depth::Basic => "Basic",
        Depth::Local => "Local",
        Depth::Deep => "Deep",
        Depth::Global => "Global",
    };
    caller
        .privileges
        .iter()
        .map(|(name, held)| {
            json!({
                "Depth": depth(*held),
                "PrivilegeId": privilege_id(name),
                "BusinessUnitId": caller.business_unit,
                "PrivilegeName": name,
            })
        })
        .collect()
}

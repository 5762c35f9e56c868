//! Refusals of the Web API: the status, the code and the wording that Dataverse itself uses, so that a client
//! which reads them (and they all do) reads the same here.

use super::metadata::Table;
use super::reply::Reply;
use super::rights::{Caller, Verb};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;
use std::borrow::Cow;
use uuid::Uuid;

/// A request that was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub status: StatusCode,
    /// The HRESULT as text, e.g. `0x80040217`.
    pub code: Cow<'static, str>,
    pub message: String,
    pub retry_after_secs: Option<u64>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.message)
    }
}

impl std::error::Error for Fault {}

pub type Answer<T> = Result<T, Fault>;

impl Fault {
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Fault { status, code: code.into(), message: message.into(), retry_after_secs: None }
    }

    /// 400 for everything that is wrong with the URL.
    pub fn bad_query(message: impl Into<String>) -> Self {
        Fault::new(StatusCode::BAD_REQUEST, "0x80060888", message)
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Fault::new(StatusCode::BAD_REQUEST, "0x80040203", message)
    }

    /// 400 for a body that does not fit the table.
    pub fn bad_payload(table: &Table, inner: impl std::fmt::Display) -> Self {
        Fault::payload(table, &format!("Microsoft.OData.ODataException: {inner}"))
    }

    fn payload(table: &Table, inner: &str) -> Self {
        let message = format!(
            "Error identified in Payload provided by the user for Entity :'{}', For more information on this error \
             please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : \
             {inner}",
            table.set
        );
        Fault::new(StatusCode::BAD_REQUEST, "0x80048d19", message)
    }

    pub fn unknown_column(table: &Table, name: &str) -> Self {
        let logical = table.logical;
        let inner = format!(
            "Microsoft.Crm.CrmException: Invalid property '{name}' was found in entity 'Microsoft.Dynamics.CRM.{logical}'. ---> \
             Microsoft.OData.ODataException: The property '{name}' does not exist on type \
             'Microsoft.Dynamics.CRM.{logical}'. Make sure to only use property names that are defined by the type."
        );
        Fault::payload(table, &inner)
    }

    pub fn undeclared_navigation(table: &Table, name: &str) -> Self {
        let inner = format!(
            "An undeclared property '{name}' which only has property annotations in the payload but no property \
             value was found in the payload. In OData, only declared navigation properties and declared named \
             streams can be represented as properties without values."
        );
        Fault::bad_payload(table, inner)
    }

    pub fn unknown_property(table: &Table, name: &str) -> Self {
        let logical = table.logical;
        Fault::bad_query(format!(
            "Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{logical}'."
        ))
    }

    pub fn unknown_segment(segment: &str) -> Self {
        let message = format!("Resource not found for the segment '{segment}'.");
        Fault::new(StatusCode::NOT_FOUND, "0x8006088a", message)
    }

    pub fn missing_record(table: &Table, id: Uuid) -> Self {
        let message = format!("{} With Id = {id} Does Not Exist", table.logical);
        Fault::new(StatusCode::NOT_FOUND, "0x80040217", message)
    }

    pub fn duplicate_key() -> Self {
        let message = "A record with matching key values already exists.";
        Fault::new(StatusCode::PRECONDITION_FAILED, "0x80040237", message)
    }

    pub fn stale_version() -> Self {
        let message = "The version of the existing record doesn't match the RowVersion property provided.";
        Fault::new(StatusCode::PRECONDITION_FAILED, "0x80060882", message)
    }

    pub fn too_long(table: &Table, column: &str, max: usize) -> Self {
        let logical = table.logical;
        // Two blanks after the first sentence, as the service writes it.
        let message = format!(
            "A validation error occurred.  The length of the '{column}' attribute of the '{logical}' entity \
             exceeded the maximum allowed length of '{max}'."
        );
        Fault::new(StatusCode::BAD_REQUEST, "0x80044331", message)
    }

    pub fn wrong_status(table: &Table, status: i64, state: i64, id: Uuid) -> Self {
        let message = format!(
            "{status} is not a valid status code for state code {}.{} on {} with Id {id}.",
            table.state_name,
            table.state_label(state),
            table.logical
        );
        Fault::new(StatusCode::BAD_REQUEST, "0x80048408", message)
    }

    /// The role lacks the privilege altogether.
    pub fn missing_privilege(caller: &Caller, privilege: &str, on: Option<&Table>) -> Self {
        let on = on.map_or_else(String::new, |table| {
            let (entity, code) = table.secured_as;
            format!(
                " on OTC={code} for entity '{entity}' (LocalizedName='{}')",
                super::metadata::table(entity).display
            )
        });
        let user = caller.user;
        let message = format!(
            "Principal user (Id={user}, type=8, roleCount={}, privilegeCount={}, accessMode={}), is missing {privilege} \
             privilege (Id={}){on}. context.Caller={user}",
            caller.role_count,
            caller.privileges.len(),
            caller.access_mode,
            super::rights::privilege_id(privilege)
        );
        Fault::new(StatusCode::FORBIDDEN, "0x80040220", message)
    }

    /// The role has the privilege, but it does not reach this row.
    pub fn no_access(caller: &Caller, verb: Verb, table: &Table, id: Uuid) -> Self {
        let message = format!(
            "Principal with id {} does not have {}Access right(s) for record with id {id} of entity {}",
            caller.user,
            verb.name(),
            table.secured_as.0
        );
        Fault::new(StatusCode::FORBIDDEN, "0x80048306", message)
    }

    /// The table knows no such message.
    pub fn unsupported(message: &str, table: &Table) -> Self {
        let text = format!("The '{message}' method does not support entities of type '{}'.", table.logical);
        Fault::new(StatusCode::BAD_REQUEST, "0x80040800", text)
    }

    pub fn not_a_member() -> Self {
        Fault::new(StatusCode::FORBIDDEN, "0x80072560", "The user is not a member of the organization.")
    }

    pub fn throttled(code: &'static str, message: String, retry_after_secs: u64) -> Self {
        let fault = Fault::new(StatusCode::TOO_MANY_REQUESTS, code, message);
        Fault { retry_after_secs: Some(retry_after_secs), ..fault }
    }

    /// The error as an answer; with `annotated`, the extra facts that `odata.include-annotations` asks for.
    pub fn reply(&self, annotated: bool) -> Reply {
        let mut error = json!({"code": self.code, "message": self.message});
        if annotated {
            error["@Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus"] = json!("0");
            error["@Microsoft.PowerApps.CDS.ErrorDetails.SubErrorCode"] = json!("2147746304");
            error["@Microsoft.PowerApps.CDS.HelpLink"] =
                json!("http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException");
            error["@Microsoft.PowerApps.CDS.TraceText"] = json!("");
            error["@Microsoft.PowerApps.CDS.InnerError.Message"] = json!(self.message);
        }
        let mut reply = Reply::json(self.status, &json!({"error": error}));
        if let Some(seconds) = self.retry_after_secs {
            let name: HeaderName = header::RETRY_AFTER;
            reply.headers.insert(name, HeaderValue::from(seconds));
        }
        reply
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        self.reply(false).into_response()
    }
}

//! What people do in Outlook and see there, past our service; and what stands in the CRM.

use crate::stack::Stack;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use sandbox::company::Person;
use sandbox::exchange::id::IdForm;
use serde_json::{Value, json};
use shared::item::{ItemId, SmtpAddress};
use uuid::Uuid;

/// A message in somebody's mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub mailbox: SmtpAddress,
    /// Immutable id.
    pub item: ItemId,
    pub internet_message_id: String,
}

impl Stack {
    /// Delivers a mail to everybody addressed who has a mailbox here; answers with the first one's copy.
    pub async fn deliver(&self, from: &str, to: &[&str], subject: &str) -> Mail {
        let people =
            |all: &[&str]| all.iter().map(|a| json!({ "address": a, "name": a })).collect::<Vec<_>>();
        let id = format!("<{}@tests.example>", Uuid::new_v4());
        let letter = json!({
            "from": people(&[from])[0], "to": people(to), "subject": subject,
            "html": format!("<p>About {subject}</p>"), "internetMessageId": id,
        });
        self.act(Method::POST, "exchange/deliver", &letter).await;
        self.copy_in(to[0], &id)
    }

    /// The copy of a mail in one mailbox.
    pub fn copy_in(&self, mailbox: &str, internet_message_id: &str) -> Mail {
        let exchange = self.world.exchange();
        let owner = exchange.mailbox(mailbox).expect("a mailbox of the company");
        let found = owner.messages().find(|m| m.internet_message_id == internet_message_id);
        let found = found.expect("the mail was delivered");
        Mail {
            mailbox: SmtpAddress::new(mailbox),
            item: ItemId(owner.item_id(found, IdForm::Immutable)),
            internet_message_id: internet_message_id.to_owned(),
        }
    }

    /// A mail from a customer's contact to somebody of the company.
    pub async fn mail_to(&self, person: &Person) -> Mail {
        self.deliver(sandbox::company::INGRID.email, &[person.upn], "Offer for twelve ferries").await
    }

    /// The categories on a message, as Outlook shows them; `None` when it is gone.
    pub fn categories(&self, mail: &Mail) -> Option<Vec<String>> {
        let exchange = self.world.exchange();
        let owner = exchange.mailbox(mail.mailbox.as_str()).expect("a mailbox of the company");
        owner.message_named(&mail.item.0).ok().map(|m| m.categories.clone())
    }

    /// The CRM's emails with the message id: columns by name, lookups as `{table, id, name}`, and `parties`.
    pub async fn emails(&self, internet_message_id: &str) -> Vec<Value> {
        let all = self.act(Method::GET, "dataverse/emails", &Value::Null).await;
        let all = all["value"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|row| row["messageid"] == internet_message_id).collect()
    }

    /// An act of a person past our service, through the sandbox's control plane.
    pub async fn act(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/sandbox/{path}", self.world.options.origin))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response =
            sandbox::server::call(&self.upstream, request).await.expect("the control plane answers");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&bytes));
        if status == StatusCode::NO_CONTENT || bytes.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// Somebody puts categories on a message, or takes them off, in another client.
    pub async fn categorize(&self, mail: &Mail, put: &[&str], take: &[&str]) {
        let path = format!("exchange/mailboxes/{}/messages/{}/categories", mail.mailbox, mail.item);
        self.act(Method::POST, &path, &json!({ "put": put, "take": take })).await;
    }

    /// Somebody deletes a message in Outlook for good.
    pub async fn delete_message(&self, mail: &Mail) {
        let path = format!("exchange/mailboxes/{}/messages/{}?forGood=true", mail.mailbox, mail.item);
        self.act(Method::DELETE, &path, &json!({})).await;
    }

    /// Somebody deletes an email in the CRM.
    pub async fn delete_email(&self, id: Uuid) {
        self.act(Method::DELETE, &format!("dataverse/emails/{id}"), &json!({})).await;
    }
}

//! What people do in Outlook and see there, past our service; and what stands in the CRM.

use crate::tenant::Tenant;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use sandbox::company::{ADA, BEN, Person};
use sandbox::dataverse::{Filter, Obstacle, Trouble};
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

impl Tenant {
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

    /// Delivers a letter in the words of the control plane, with a new message id unless it has one; answers
    /// with the copy of the first one it is addressed to.
    pub async fn post(&self, mut letter: Value) -> Mail {
        if letter["internetMessageId"].is_null() {
            letter["internetMessageId"] = json!(format!("<{}@tests.example>", Uuid::new_v4()));
        }
        self.act(Method::POST, "exchange/deliver", &letter).await;
        let first = letter["to"][0]["address"].as_str().expect("a letter to somebody");
        self.copy_in(first, letter["internetMessageId"].as_str().expect("a message id"))
    }

    /// A mail that Ada wrote to Ben: her copy in *Sent Items*, his in his inbox.
    pub fn mail_of_ada_to_ben(&self) -> (Mail, Mail) {
        let id = {
            let exchange = self.world.exchange();
            let ada = exchange.mailbox(ADA.upn).expect("Ada's mailbox");
            let sent = ada.messages().find(|m| {
                let by_her = m.from.as_ref().is_some_and(|from| from.address == ADA.upn);
                by_her && !m.is_draft && m.recipients().any(|to| to.address == BEN.upn)
            });
            sent.expect("Ada wrote to Ben").internet_message_id.clone()
        };
        (self.copy_in(ADA.upn, &id), self.copy_in(BEN.upn, &id))
    }

    /// Somebody moves a message in Outlook; the answer names it by the mutable id that it has there.
    pub async fn move_message(&self, mail: &Mail, to: &str) -> Mail {
        let path = format!("exchange/mailboxes/{}/messages/{}/move", mail.mailbox, mail.item);
        let moved = self.act(Method::POST, &path, &json!({ "to": to })).await;
        let item = ItemId(moved["restId"].as_str().expect("an id").to_owned());
        Mail { item, ..mail.clone() }
    }

    /// A mailbox's master category list: names, in the order in which they were made.
    pub async fn master_categories(&self, mailbox: &str) -> Vec<String> {
        let list =
            self.act(Method::GET, &format!("exchange/mailboxes/{mailbox}/categories"), &json!({})).await;
        let list = list["value"].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|c| c["displayName"].as_str().map(str::to_owned)).collect()
    }

    /// Somebody renames a category in Outlook.
    pub async fn rename_category(&self, mailbox: &str, from: &str, to: &str) {
        let list = format!("exchange/mailboxes/{mailbox}/categories");
        let all = self.act(Method::GET, &list, &json!({})).await;
        let all = all["value"].as_array().expect("a list");
        let found = all.iter().find(|c| c["displayName"] == from).expect("the category to rename");
        let id = found["id"].as_str().expect("an id");
        self.act(Method::PATCH, &format!("{list}/{id}"), &json!({ "displayName": to })).await;
    }

    /// Somebody makes a category in Outlook.
    pub async fn create_category(&self, mailbox: &str, name: &str) {
        let list = format!("exchange/mailboxes/{mailbox}/categories");
        self.act(Method::POST, &list, &json!({ "displayName": name })).await;
    }

    /// Somebody takes a category out of the master list in Outlook.
    pub async fn delete_category(&self, mailbox: &str, name: &str) {
        let list = format!("exchange/mailboxes/{mailbox}/categories");
        let all = self.act(Method::GET, &list, &json!({})).await;
        let all = all["value"].as_array().expect("a list");
        let found = all.iter().find(|c| c["displayName"] == name).expect("the category to delete");
        let id = found["id"].as_str().expect("an id");
        self.act(Method::DELETE, &format!("{list}/{id}"), &json!({})).await;
    }

    /// Somebody makes a folder in Outlook; answers with its id, by which mail is moved there.
    pub async fn create_folder(&self, mailbox: &str, name: &str) -> String {
        let path = format!("exchange/mailboxes/{mailbox}/folders");
        let made = self.act(Method::POST, &path, &json!({ "name": name })).await;
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Somebody reads a message: it changes, and says nothing about tracking.
    pub async fn read(&self, mail: &Mail) {
        let path = format!("exchange/mailboxes/{}/messages/{}/read", mail.mailbox, mail.item);
        self.act(Method::POST, &path, &json!({ "isRead": true })).await;
    }

    /// Exchange forgets where readers of the mailbox left off.
    pub async fn expire_delta_tokens(&self, mailbox: &str) {
        self.act(Method::POST, &format!("exchange/mailboxes/{mailbox}/expire-delta-tokens"), &json!({}))
            .await;
    }

    /// Chooses which incoming mail of a user is tracked by itself.
    pub async fn set_filter(&self, person: &Person, filter: Filter) {
        let user = person.systemuser.and_then(|id| id.parse().ok()).expect("a user of the CRM");
        self.world.crm().set_filter(user, filter).await.expect("the filter is set");
    }

    /// From now on, whatever is to become an email in the CRM meets this trouble.
    pub fn hinder(&self, trouble: Trouble) {
        self.world.crm().place_obstacle(Obstacle::new(trouble).named("hindrance"));
    }

    /// How often something met that trouble.
    pub fn hindered(&self) -> u32 {
        let all = self.world.crm().obstacles();
        all.iter().filter(|placed| placed.obstacle.name == "hindrance").map(|placed| placed.met).sum()
    }

    /// The trouble is over.
    pub fn unhinder(&self) {
        self.world.crm().clear_obstacles();
    }

    /// Gives a mailbox troubles, or takes them away again (`{}`).
    pub async fn trouble(&self, mailbox: &str, switches: Value) {
        self.act(Method::PUT, &format!("exchange/mailboxes/{mailbox}/switches"), &switches).await;
    }

    /// Closes the CRM for maintenance, or opens it again.
    pub async fn maintain_crm(&self, on: bool) {
        self.act(Method::PUT, "dataverse/settings/maintenance", &json!({ "on": on })).await;
    }

    /// The organization no longer tracks mail between its users as two activities.
    pub async fn track_between_users_as_one_activity(&self) {
        let organization = sandbox::company::ORGANIZATION_ID;
        let path = format!("dataverse/organizations/{organization}");
        self.act(Method::PATCH, &path, &json!({ "ignoreinternalemail": true })).await;
    }

    /// Changes one of the organization's settings (`OrgDBOrgSettings`).
    pub async fn set_organization_setting(&self, name: &str, value: &str) {
        self.act(Method::PUT, &format!("dataverse/orgsettings/{name}"), &json!({ "value": value })).await;
    }

    /// Somebody's mailbox is synchronized by the legacy client Dynamics 365 for Outlook, as the CRM says.
    pub async fn use_legacy_client(&self, person: &Person) {
        let all = self.act(Method::GET, "dataverse/mailboxes", &Value::Null).await;
        let all = all["value"].as_array().cloned().unwrap_or_default();
        let own = all.iter().find(|row| row["emailaddress"] == person.upn).expect("a mailbox in the CRM");
        let path = format!("dataverse/mailboxes/{}", own["mailboxid"].as_str().expect("an id"));
        self.act(Method::PATCH, &path, &json!({ "incomingemaildeliverymethod": 1 })).await;
    }

    /// Gives somebody exactly these security roles in the CRM.
    pub async fn set_roles(&self, person: &Person, roles: &[&str]) {
        let user = person.systemuser.expect("a user of the CRM");
        self.act(Method::PUT, &format!("dataverse/users/{user}/roles"), &json!(roles)).await;
    }

    /// The one CRM email with the message id.
    pub async fn email(&self, internet_message_id: &str) -> Value {
        let mut all = self.emails(internet_message_id).await;
        assert_eq!(all.len(), 1, "one email, not {all:#?}");
        all.remove(0)
    }
}

/// A letter from somebody to somebody, in the words of the control plane; to be added to.
pub fn letter(from: &str, to: &[&str], subject: &str) -> Value {
    let people: Vec<Value> = to.iter().map(|a| json!({ "address": a, "name": a })).collect();
    json!({ "from": { "address": from, "name": from }, "to": people, "subject": subject })
}

/// Key of a row, as the control plane shows it.
pub fn id_of(email: &Value) -> Uuid {
    email["activityid"].as_str().and_then(|id| id.parse().ok()).expect("an email of the CRM")
}

/// The parties of an email with this participation mask: `(address, table, name)`; empty where unresolved.
pub fn parties(email: &Value, mask: i64) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = email["parties"].as_array().cloned().unwrap_or_default();
    let of_mask = all.iter().filter(|p| p["participationtypemask"] == mask);
    let mut found: Vec<_> = of_mask
        .map(|p| (text(&p["addressused"]), text(&p["partyid"]["table"]), text(&p["partyid"]["name"])))
        .collect();
    found.sort();
    found
}

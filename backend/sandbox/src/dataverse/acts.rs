//! What people and administrators do in the CRM without the Web API: [`World::crm`].
//!
//! A simulation acts through this, and the control plane is a thin skin over it. Acts wait for a changeset that
//! is under way, so that none is torn. Without [`Crm::as_person`] it is the platform itself that acts: it may
//! do everything, meets no obstacles, and also sets columns that a client may only read (`inreplyto`,
//! `correlationmethod`, `createdon`).

use super::asking::{Ask, Asking, Hand};
use super::errors::{Answer, Fault};
use super::metadata::{Table, schema, table};
use super::obstacles::{Obstacle, Obstacles, Placed};
use super::request::{Options, Preferences};
use super::rights::Principal;
use super::seed::system_user;
use super::store::{Cell, Organization, Row};
use super::web::commit;
use super::{settings, shape, write};
use crate::world::journal::Seq;
use crate::{World, company};
use http::HeaderMap;
use serde_json::{Map, Value, json};
use std::sync::{Arc, MutexGuard, PoisonError};
use uuid::Uuid;

/// Which incoming mail of a user or a queue becomes an email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    All = 0,
    /// In response to mail that the CRM knows.
    InResponse = 1,
    /// From leads, contacts and accounts.
    Customers = 2,
    /// From any record with an email address.
    AnyRecord = 3,
    None = 4,
}

/// A way to act in the CRM.
#[derive(Debug, Clone, Copy)]
pub struct Crm<'a> {
    world: &'a World,
    person: Option<Uuid>,
    pub(super) seq: Option<Seq>,
}

impl World {
    /// Acts in the CRM as the platform itself.
    pub fn crm(&self) -> Crm<'_> {
        Crm { world: self, person: None, seq: None }
    }
}

impl Crm<'_> {
    /// The same with the rights of a person, by Entra object id.
    #[must_use]
    pub fn as_person(mut self, oid: Uuid) -> Self {
        self.person = Some(oid);
        self
    }

    fn ask(self, org: &Organization) -> Answer<Ask> {
        let who = match self.person {
            None => Organization::system(),
            Some(oid) => {
                let user = org.user_by("azureactivedirectoryobjectid", oid);
                let effective = org.caller(user.ok_or_else(Fault::not_a_member)?)?;
                Principal { effective, sender: None }
            }
        };
        let hand = if who.effective.user == system_user() { Hand::Platform } else { Hand::Client };
        let now = self.world.now();
        Ok(Ask {
            who,
            hand,
            now: jiff::Timestamp::from_second(now.as_second()).unwrap_or(now),
            base: format!("{}/api/data/v9.2", self.world.options.origin),
            options: Options::default(),
            preferences: Preferences::default(),
            headers: HeaderMap::new(),
            seq: self.seq,
        })
    }

    /// Changes the organization behind the gate.
    pub(super) async fn change<T>(
        self,
        work: impl FnOnce(&mut Organization, &Ask) -> Answer<T>,
    ) -> Answer<T> {
        let gate = self.world.dataverse().writers.clone();
        let _writing = gate.lock().await;
        let mut draft = self.world.dataverse().clone();
        let ask = self.ask(&draft)?;
        let result = work(&mut draft, &ask)?;
        commit(self.world, draft);
        Ok(result)
    }

    /// Creates a record, e.g. in `contacts`; the body is as in the Web API. The platform may name any state.
    pub async fn create(self, set: &str, body: Value) -> Answer<Uuid> {
        let body = object(body)?;
        self.change(|org, ask| write::create(org, ask, table_of(set)?, None, &body)).await
    }

    pub async fn update(self, set: &str, id: Uuid, body: Value) -> Answer<()> {
        let body = object(body)?;
        self.change(|org, ask| write::update(org, ask, table_of(set)?, id, &body)).await
    }

    pub async fn delete(self, set: &str, id: Uuid) -> Answer<()> {
        self.change(|org, ask| write::delete(org, ask, table_of(set)?, id)).await
    }

    /// Makes a record inactive: an activity canceled, a user disabled.
    pub async fn deactivate(self, set: &str, id: Uuid) -> Answer<()> {
        let of = table_of(set)?;
        let body = match (of.logical, of.states.last()) {
            ("systemuser", _) => json!({"isdisabled": true}),
            ("appointment", _) => json!({"statecode": 2}),
            (_, Some((state, _))) => json!({"statecode": state}),
            (_, None) => {
                return Err(Fault::invalid(format!("Rows of '{}' have no state.", of.logical)));
            }
        };
        self.update(set, id, body).await
    }

    /// Sets what an email is about, a row of `set`; `None`: nothing.
    pub async fn set_regarding(self, email: Uuid, to: Option<(&str, Uuid)>) -> Answer<()> {
        let body = match to {
            None => json!({"regardingobjectid_account_email@odata.bind": null}),
            Some((set, id)) => {
                let name = format!("regardingobjectid_{}_email@odata.bind", table_of(set)?.logical);
                json!({name: format!("/{set}({id})")})
            }
        };
        self.update("emails", email, body).await
    }

    /// Gives a record (a queue, say) to another user.
    pub async fn set_owner(self, set: &str, id: Uuid, systemuser: Uuid) -> Answer<()> {
        self.update(set, id, json!({"ownerid@odata.bind": format!("/systemusers({systemuser})")})).await
    }

    /// Chooses which incoming mail becomes an email, for a user (`systemuserid`) or a queue (`queueid`).
    pub async fn set_filter(self, whose: Uuid, filter: Filter) -> Answer<()> {
        let queue = self.world.dataverse().row("queue", whose).is_some();
        let set = if queue { "queues" } else { "usersettingscollection" };
        self.update(set, whose, json!({"incomingemailfilteringmethod": filter as i64})).await
    }

    /// Sets columns of the organization, e.g. `{"ignoreinternalemail": true}`.
    pub async fn set_organization(self, columns: Value) -> Answer<()> {
        self.update("organizations", organization_id(), columns).await
    }

    /// Sets the whole settings document.
    pub async fn set_org_settings(self, document: &str) -> Answer<()> {
        self.set_organization(json!({"orgdborgsettings": document})).await
    }

    /// Sets one setting of the document; `None`: the default holds again.
    pub async fn set_org_setting(self, name: &str, value: Option<&str>) -> Answer<()> {
        self.change(|org, ask| {
            let document = settings::with(document_of(org), name, value)?;
            let body = object(json!({"orgdborgsettings": document}))?;
            write::update(org, ask, table("organization"), organization_id(), &body)
        })
        .await
    }

    /// The settings document.
    pub fn org_settings(self) -> String {
        document_of(&self.world.dataverse()).to_owned()
    }

    /// One setting of the document; `None`: the default holds.
    pub fn org_setting(self, name: &str) -> Option<String> {
        settings::value(&self.org_settings(), name)
    }

    /// The version that the organization says it has, e.g. `9.1.0.3000`.
    pub async fn set_version(self, version: &str) -> Answer<()> {
        let numbers = version.split('.').filter(|part| part.parse::<u32>().is_ok()).count();
        if numbers != 4 || version.split('.').count() != 4 {
            return Err(Fault::invalid("A version has four numbers, e.g. 9.2.26111.00170."));
        }
        self.change(|org, _| {
            version.clone_into(&mut org.switches.version);
            Ok(())
        })
        .await
    }

    /// Gives a user or a team exactly these roles, by name.
    pub async fn set_roles(self, principal: Uuid, names: &[&str]) -> Answer<()> {
        self.change(|org, _| {
            if org.row("systemuser", principal).or_else(|| org.row("team", principal)).is_none() {
                return Err(Fault::missing_record(table("systemuser"), principal));
            }
            let roles: Answer<_> = names
                .iter()
                .map(|name| {
                    let found = org.roles.iter().find(|(_, role)| role.name == *name).map(|(id, _)| *id);
                    found.ok_or_else(|| {
                        let known: Vec<&str> = org.roles.values().map(|role| role.name.as_str()).collect();
                        Fault::invalid(format!("There is no role '{name}'. There are: {}.", known.join(", ")))
                    })
                })
                .collect();
            Arc::make_mut(&mut org.assignments).insert(principal, roles?);
            Ok(())
        })
        .await
    }

    /// A new user with a role and a mailbox that is synchronized; gives the `systemuserid`.
    pub async fn add_user(self, oid: Uuid, name: &str, address: &str, role: &str) -> Answer<Uuid> {
        let unit = format!("/businessunits({})", company::BUSINESS_UNIT_ID);
        let user = json!({
            "azureactivedirectoryobjectid": oid, "fullname": name, "domainname": address,
            "internalemailaddress": address, "isdisabled": false, "accessmode": 0,
            "emailrouteraccessapproval": 1, "businessunitid@odata.bind": unit,
        });
        let user = self.create("systemusers", user).await?;
        self.set_roles(user, &[role]).await?;
        self.add_mailbox("systemuser", user, user, (name, address)).await?;
        Ok(user)
    }

    /// A new queue with a mailbox that is synchronized; gives the `queueid`.
    pub async fn add_queue(self, name: &str, address: &str, owner: Uuid) -> Answer<Uuid> {
        let queue = json!({
            "name": name, "emailaddress": address, "incomingemaildeliverymethod": 2,
            "outgoingemaildeliverymethod": 2, "emailrouteraccessapproval": 1, "queueviewtype": 0,
            "ownerid@odata.bind": format!("/systemusers({owner})"),
        });
        let queue = self.create("queues", queue).await?;
        self.add_mailbox("queue", queue, owner, (name, address)).await?;
        Ok(queue)
    }

    async fn add_mailbox(
        self,
        kind: &str,
        whose: Uuid,
        owner: Uuid,
        (name, address): (&str, &str),
    ) -> Answer<()> {
        let mailbox = json!({
            "name": name, "emailaddress": address, "actdeliverymethod": 1, "incomingemaildeliverymethod": 2,
            "outgoingemaildeliverymethod": 2, "actstatus": 1, "incomingemailstatus": 1,
            "outgoingemailstatus": 1, "mailboxstatus": 1, "emailrouteraccessapproval": 1,
            "isemailaddressapprovedbyo365admin": true, "enabledforact": kind == "systemuser",
            "enabledforincomingemail": true, "enabledforoutgoingemail": true,
            "ownerid@odata.bind": format!("/systemusers({owner})"),
            format!("regardingobjectid_{kind}@odata.bind"): format!("/{kind}s({whose})"),
        });
        let mailbox = self.create("mailboxes", mailbox).await?;
        let link = json!({"defaultmailbox@odata.bind": format!("/mailboxes({mailbox})")});
        self.update(&format!("{kind}s"), whose, link).await
    }

    /// Lets a user sign in again who was deactivated.
    pub async fn enable_user(self, user: Uuid) -> Answer<()> {
        self.change(|org, _| {
            let missing = || Fault::missing_record(table("systemuser"), user);
            let mut row = org.row("systemuser", user).cloned().ok_or_else(missing)?;
            row.set("isdisabled", Cell::Bool(false));
            org.put("systemuser", user, row);
            Ok(())
        })
        .await
    }

    /// All columns of a row as they are stored, lookups with their tables, an activity with its parties.
    pub fn row(self, set: &str, id: Uuid) -> Answer<Value> {
        let of = table_of(set)?;
        let org = self.world.dataverse().clone();
        let (stored, row) = org.find(of.logical, id).ok_or_else(|| Fault::missing_record(of, id))?;
        Ok(raw(Asking { org: &org, ask: &self.ask(&org)? }, stored, id, row))
    }

    /// The same of every row of a table, in the order of their keys.
    pub fn rows(self, set: &str) -> Answer<Vec<Value>> {
        let of = table_of(set)?;
        let org = self.world.dataverse().clone();
        let ask = self.ask(&org)?;
        let asking = Asking { org: &org, ask: &ask };
        Ok(org.rows(of).map(|(stored, id, row)| raw(asking, stored, id, row)).collect())
    }

    /// The emails with a message id, compared without regard to case.
    pub fn emails_with(self, message_id: &str) -> Vec<Uuid> {
        let org = self.world.dataverse();
        let same = |row: &Row| row.text("messageid").is_some_and(|id| id.eq_ignore_ascii_case(message_id));
        org.rows(table("email")).filter(|(_, _, row)| same(row)).map(|(_, id, _)| id).collect()
    }

    fn held(self, work: impl FnOnce(MutexGuard<'_, Obstacles>)) {
        let obstacles = self.world.dataverse().obstacles.clone();
        work(obstacles.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Puts something in the way of emails that are being created; gives its name.
    pub fn place_obstacle(self, obstacle: Obstacle) -> String {
        let mut name = String::new();
        self.held(|mut all| name = all.place(obstacle));
        name
    }

    /// What is in the way, and how often each was met.
    pub fn obstacles(self) -> Vec<Placed> {
        let mut placed = Vec::new();
        self.held(|all| placed = all.list());
        placed
    }

    /// Takes an obstacle away; `false`: there is none of that name.
    pub fn remove_obstacle(self, name: &str) -> bool {
        let mut removed = false;
        self.held(|mut all| removed = all.remove(name));
        removed
    }

    pub fn clear_obstacles(self) {
        self.held(|mut all| all.clear());
    }
}

fn organization_id() -> Uuid {
    company::ORGANIZATION_ID.parse().unwrap_or_default()
}

fn document_of(org: &Organization) -> &str {
    let row = org.row("organization", organization_id());
    row.and_then(|row| row.text("orgdborgsettings")).unwrap_or_default()
}

fn object(body: Value) -> Answer<Map<String, Value>> {
    match body {
        Value::Object(object) => Ok(object),
        _ => Err(Fault::invalid("The columns must be a JSON object.")),
    }
}

pub(super) fn table_of(set: &str) -> Answer<&'static Table> {
    schema().by_set(set).ok_or_else(|| Fault::unknown_segment(set))
}

fn raw(asking: Asking<'_>, of: &'static Table, id: Uuid, row: &Row) -> Value {
    let mut object = Map::new();
    object.insert(of.id.to_owned(), json!(id));
    object.insert("@version".to_owned(), json!(row.version));
    for (name, cell) in &row.cells {
        match cell {
            Cell::Lookup(link) => {
                let text = asking.org.name_of(link);
                object.insert(name.clone(), json!({"table": link.table, "id": link.id, "name": text}));
            }
            cell => {
                object.insert(name.clone(), shape::plain(cell));
            }
        }
    }
    if of.is_activity {
        let parties = asking.org.parties(id);
        let party = table("activityparty");
        let parties = parties.into_iter().map(|(id, row)| raw(asking, party, id, row));
        object.insert("parties".to_owned(), parties.collect());
    }
    Value::Object(object)
}

//! Which privileges somebody lacks for having their mail promoted (MBX-01).
//!
//! - <https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/retrieveuserprivileges>
//! - <https://learn.microsoft.com/power-platform/admin/security-roles-privileges>
//!
//! When the engine acts, what counts is what both have: the user, and the application that acts for them.

use super::filter::privileges_of;
use super::multipart::{Operation, Part};
use super::organization::Organization;
use super::rows::Row;
use crate::caller::{Access, By};
use crate::line::Effect;
use crate::outcome::Outcome;
use serde_json::Value;
use shared::mailbox::MailboxKind;
use shared::problem::{Code, Problem};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A privilege, the table that it is about, and what it is needed for.
type Needed = (&'static str, &'static str, &'static str);

/// Emails, their parties and their attachments share the privileges of all activities.
const OF_EMAIL: [Needed; 5] = [
    ("prvCreateActivity", "activitypointer", "creating the email"),
    ("prvReadActivity", "activitypointer", "finding out whether the email is there already"),
    ("prvWriteActivity", "activitypointer", "closing the email as sent or received, and attaching its files"),
    (
        "prvAppendActivity",
        "activitypointer",
        "setting the regarding record, and putting the email into a queue",
    ),
    ("prvAppendToActivity", "activitypointer", "attaching files and linking replies"),
];
const OF_QUEUE: [Needed; 2] = [
    ("prvReadQueue", "queue", "reading which email the queue accepts"),
    ("prvAppendToQueue", "queue", "putting the email into the queue"),
];
const OF_APPLICATION: [Needed; 1] =
    [("prvActOnBehalfOfAnotherUser", "systemuser", "acting for the owner of a mailbox")];

/// The privileges that are missing, one problem each: the user's first, then the application's.
pub(super) async fn missing(
    organization: &Organization,
    access: &Access,
    kind: MailboxKind,
) -> Outcome<Vec<Problem>> {
    let own: &[Needed] = match kind {
        MailboxKind::User => &[],
        MailboxKind::Queue => &OF_QUEUE,
    };
    let needed: Vec<Needed> = OF_EMAIL.iter().chain(own).copied().collect();
    let held = held(organization, access).await?;
    let mut problems = lacking(&needed, &held, "user");
    if matches!(access.by, By::Engine) {
        let held = self::held(organization, &Access::service(access.tenant)).await?;
        let needed: Vec<Needed> = needed.into_iter().chain(OF_APPLICATION).collect();
        problems.extend(lacking(&needed, &held, "application"));
    }
    Ok(problems)
}

fn lacking(needed: &[Needed], held: &BTreeSet<String>, who: &str) -> Vec<Problem> {
    let problem = |(privilege, table, purpose): &Needed| {
        Problem::new(Code::PrivilegeMissing)
            .because("privilege", privilege)
            .because("table", table)
            .because("needed_for", purpose)
            .because("who", who)
    };
    needed.iter().filter(|(name, ..)| !held.contains(&name.to_ascii_lowercase())).map(problem).collect()
}

/// What the caller's roles hold, at any depth, in lower case.
async fn held(organization: &Organization, access: &Access) -> Outcome<BTreeSet<String>> {
    let user = match organization.user_of(access) {
        Some(user) => user,
        None => who(organization, access).await?,
    };
    let answers = organization.read(access, vec![Operation::get(privileges_of(user))]).await?;
    let answer = answers.first().filter(|answer| answer.status.is_success());
    let Some(answer) = answer else { return Err(refused(organization, answers.first())) };
    let list = answer.body.get("RolePrivileges").and_then(Value::as_array);
    let list =
        list.ok_or_else(|| organization.astray(Effect::Read, "the CRM does not list the privileges"))?;
    Ok(list.iter().filter_map(|row| Row(row).text("PrivilegeName")).map(str::to_ascii_lowercase).collect())
}

async fn who(organization: &Organization, access: &Access) -> Outcome<Uuid> {
    let answers = organization.read(access, vec![Operation::get("WhoAmI".to_owned())]).await?;
    let answer = answers.first().filter(|answer| answer.status.is_success());
    let Some(answer) = answer else { return Err(refused(organization, answers.first())) };
    let user = Row(&answer.body)
        .id("UserId")
        .ok_or_else(|| organization.astray(Effect::Read, "the CRM does not say who is asking"))?;
    organization.remember_user(access, user);
    Ok(user)
}

fn refused(organization: &Organization, answer: Option<&Part>) -> crate::outcome::Failure {
    answer.map_or_else(
        || organization.astray(Effect::Read, "no answer"),
        |answer| organization.failure(Effect::Read, answer),
    )
}

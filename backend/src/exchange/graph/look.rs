//! One look at a message: the mailbox, its master category list and the message, in one round trip.
//!
//! - <https://learn.microsoft.com/graph/api/user-get>
//! - <https://learn.microsoft.com/graph/api/outlookuser-list-mastercategories>
//! - <https://learn.microsoft.com/graph/api/message-get>

use super::answer::Answer;
use super::batch::{self, Part};
use super::mailbox_line::{Call, LOOK_LANES, MailboxLine, mailbox_path, message_path, segment};
use super::message;
use crate::caller::Access;
use crate::exchange::{MailboxId, MailboxSeen, MessageSeen, Want};
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use shared::category::{CategoryId, MasterCategory, MasterList};
use shared::item::{ItemId, SmtpAddress};
use shared::problem::{Code, Problem};
use uuid::Uuid;

const USER_COLUMNS: &str = "id,mail,userPrincipalName,proxyAddresses";
const MESSAGE_COLUMNS: &str = "id,changeKey,internetMessageId,subject,from,sender,toRecipients,ccRecipients,\
     bccRecipients,categories,isDraft,receivedDateTime,sentDateTime,createdDateTime,importance";
const MESSAGE_PREFER: &str = r#"IdType="ImmutableId", outlook.body-content-type="html""#;
/// Exchange keeps far fewer categories; more pages than this are not read.
const MOST_CATEGORY_PAGES: usize = 20;

/// Looks at one message.
pub(super) async fn look(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    item: &ItemId,
    want: Want,
) -> Outcome<MailboxSeen> {
    let mut answers =
        batch::read(line, access, mailbox, &parts(access, mailbox, item, want), LOOK_LANES).await?;
    let message = answers.take(line, "message")?;
    let message = match (message.status.is_success(), message.says_item_is_gone()) {
        (true, _) => Some(message),
        (false, true) => None,
        (false, false) => return Err(line.failure(mailbox, Effect::Read, &message)),
    };
    let user = owner(line, mailbox, &answers.take(line, "mailbox")?, &answers.take(line, "caller")?)?;
    let master_categories = master_list(line, access, mailbox, answers.take(line, "categories")?).await?;
    let addresses = user.addresses(mailbox);
    let message = match message {
        None => None,
        Some(answer) => Some(
            message::read(answer.body, &addresses)
                .ok_or_else(|| line.astray(Effect::Read, "what should be a message is none"))?,
        ),
    };
    let message = message
        .map(|(message, body)| MessageSeen { message, body: body.filter(|_| want == Want::HeadersAndBody) });
    Ok(MailboxSeen { mailbox: MailboxId(user.id), addresses, master_categories, message })
}

fn parts(access: &Access, mailbox: &SmtpAddress, item: &ItemId, want: Want) -> [Part; 4] {
    let user = mailbox_path(mailbox);
    let body = match want {
        Want::Headers => "",
        Want::HeadersAndBody => ",body",
    };
    let [asked, caller] = who(access, mailbox);
    [
        asked,
        caller,
        Part { id: "categories", url: format!("/{user}/outlook/masterCategories?$top=500"), prefer: None },
        Part {
            id: "message",
            url: format!("/{}?$select={MESSAGE_COLUMNS}{body}", message_path(mailbox, item)),
            prefer: Some(MESSAGE_PREFER),
        },
    ]
}

/// A user object of the directory, as far as the caller may read it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) id: Uuid,
    mail: Option<String>,
    #[serde(rename = "userPrincipalName")]
    sign_in_name: Option<String>,
    /// `SMTP:` before the primary address, `smtp:` before the others, other schemes besides.
    proxy_addresses: Option<Vec<String>>,
}

impl User {
    fn read(answer: &Answer) -> Option<Self> {
        answer.status.is_success().then(|| User::deserialize(&answer.body).ok()).flatten()
    }

    /// Every mail address of the user, the primary one first; `asked` is one of them.
    fn addresses(&self, asked: &SmtpAddress) -> Vec<SmtpAddress> {
        let mut all = self.own_addresses();
        if !all.contains(asked) {
            all.push(asked.clone());
        }
        all
    }

    fn own_addresses(&self) -> Vec<SmtpAddress> {
        let proxies = self.proxy_addresses.iter().flatten().filter_map(|proxy| {
            let (scheme, address) = proxy.split_once(':')?;
            scheme.eq_ignore_ascii_case("smtp").then_some(address)
        });
        let mut all: Vec<SmtpAddress> = Vec::new();
        for address in self.mail.as_deref().into_iter().chain(proxies).chain(self.sign_in_name.as_deref()) {
            let address = SmtpAddress::new(address);
            if address.is_plausible() && !all.contains(&address) {
                all.push(address);
            }
        }
        all
    }
}

/// Who the mailbox belongs to, and who the caller is.
///
/// In many tenants the sign-in name is not the mail address, and `users/{address}` then finds nobody; the
/// caller's own object is found by its id, and tells whether the mailbox is theirs.
pub(super) fn who(access: &Access, mailbox: &SmtpAddress) -> [Part; 2] {
    let caller = segment(&access.user.to_string());
    [
        Part {
            id: "mailbox",
            url: format!("/{}?$select={USER_COLUMNS}", mailbox_path(mailbox)),
            prefer: None,
        },
        Part { id: "caller", url: format!("/users/{caller}?$select={USER_COLUMNS}"), prefer: None },
    ]
}

/// The user whose mailbox it is.
pub(super) fn owner(
    line: &MailboxLine,
    mailbox: &SmtpAddress,
    asked: &Answer,
    caller: &Answer,
) -> Outcome<User> {
    if let Some(user) = User::read(asked) {
        return Ok(user);
    }
    if let Some(caller) = User::read(caller)
        && caller.own_addresses().contains(mailbox)
    {
        return Ok(caller);
    }
    // The directory's own "no" is about a missing permission, not about the mailbox.
    if asked.status == StatusCode::FORBIDDEN {
        let problem = Problem::new(Code::ConsentRequired).because("reason", "User.ReadBasic.All");
        return Err(Failure::Refused(problem));
    }
    if asked.status.is_success() {
        return Err(line.astray(Effect::Read, "what should be a user is none"));
    }
    Err(line.failure(mailbox, Effect::Read, asked))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCategory {
    id: String,
    display_name: String,
}

/// The master category list.
///
/// Delegates may read a mail without being allowed to read its owner's settings.
async fn master_list(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    first: Answer,
) -> Outcome<MasterList> {
    if first.status == StatusCode::FORBIDDEN {
        return Ok(MasterList::Hidden);
    }
    let mut list = Vec::new();
    let mut page = first;
    for _ in 0..MOST_CATEGORY_PAGES {
        if !page.status.is_success() {
            return Err(line.failure(mailbox, Effect::Read, &page));
        }
        let Some(entries) = page.body.get("value").and_then(Value::as_array) else {
            return Err(line.astray(Effect::Read, "what should be the master category list is none"));
        };
        list.extend(entries.iter().filter_map(|entry| {
            let wire = WireCategory::deserialize(entry).ok()?;
            Some(MasterCategory { id: CategoryId(wire.id), name: wire.display_name })
        }));
        let Some(link) = page.body.get("@odata.nextLink").and_then(Value::as_str) else { break };
        let call = Call {
            method: Method::GET,
            url: line.follow(link)?,
            headers: HeaderMap::new(),
            body: None,
            effect: Effect::Read,
            lanes: 1,
        };
        page = line.send(access, mailbox, call).await?;
    }
    Ok(MasterList::Readable(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primary_address_comes_first_and_foreign_schemes_are_left_out() {
        let user = User {
            id: Uuid::nil(),
            mail: Some("Ada.Brandt@contoso.example".into()),
            sign_in_name: Some("ada@contoso.onmicrosoft.example".into()),
            proxy_addresses: Some(vec![
                "smtp:ada@old.example".into(),
                "SMTP:ada.brandt@contoso.example".into(),
                "X500:/o=Contoso/cn=ada".into(),
                "no scheme".into(),
            ]),
        };
        let shown: Vec<String> = user
            .addresses(&SmtpAddress::new("asked@contoso.example"))
            .into_iter()
            .map(String::from)
            .collect();
        assert_eq!(
            shown,
            [
                "ada.brandt@contoso.example",
                "ada@old.example",
                "ada@contoso.onmicrosoft.example",
                "asked@contoso.example"
            ]
        );
    }
}

//! Finds the user whose mailbox it is
//! (<https://learn.microsoft.com/graph/api/user-get>).

use super::answer::Answer;
use super::batch::{self, Answers, Part};
use super::mailbox_line::{MailboxLine, mailbox_path, segment};
use crate::caller::Access;
use crate::exchange::MailboxId;
use crate::line::Effect;
use crate::outcome::{Failure, Outcome};
use http::StatusCode;
use serde::Deserialize;
use shared::item::SmtpAddress;
use shared::problem::{Code, Problem};
use uuid::Uuid;

const USER_COLUMNS: &str = "id,mail,userPrincipalName,proxyAddresses";

/// The Entra object of the mailbox's user.
pub(super) async fn find(line: &MailboxLine, access: &Access, mailbox: &SmtpAddress) -> Outcome<MailboxId> {
    let mut answers = batch::read(line, access, mailbox, &who(access, mailbox)).await?;
    Ok(MailboxId(owner(line, mailbox, &mut answers)?.id))
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
    pub(super) fn addresses(&self, asked: &SmtpAddress) -> Vec<SmtpAddress> {
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
        Part::of_directory("mailbox", format!("/{}?$select={USER_COLUMNS}", mailbox_path(mailbox))),
        Part::of_directory("caller", format!("/users/{caller}?$select={USER_COLUMNS}")),
    ]
}

/// The user whose mailbox it is, from the answers to [`who`].
pub(super) fn owner(line: &MailboxLine, mailbox: &SmtpAddress, answers: &mut Answers) -> Outcome<User> {
    let (asked, caller) = (answers.take(line, "mailbox")?, answers.take(line, "caller")?);
    if let Some(user) = User::read(&asked) {
        return Ok(user);
    }
    if let Some(caller) = User::read(&caller)
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
    Err(line.failure(mailbox, Effect::Read, &asked))
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

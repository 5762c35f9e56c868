//! What a cycle reads of a mailbox, in as few round trips as Graph allows
//! (<https://learn.microsoft.com/graph/json-batching>).

use super::batch::{self, Part};
use super::mailbox_line::MailboxLine;
use super::{distinguished_folders, folder_delta, master_categories, message_delta, owner};
use crate::caller::Access;
use crate::exchange::{Answered, Asked};
use crate::outcome::{Failure, Outcome};
use shared::item::SmtpAddress;
use std::collections::BTreeMap;

/// Reads all that is asked.
pub(super) async fn read(
    line: &MailboxLine,
    access: &Access,
    mailbox: &SmtpAddress,
    asked: &Asked,
) -> Outcome<Answered> {
    let Plan { parts, strayed_list, mut strayed } = plan(line, access, mailbox, asked);
    let mut answers = batch::read(line, access, mailbox, &parts).await?;
    // Which way a message went depends on all the addresses of the mailbox.
    let addresses = if asked.messages.is_empty() {
        Ok(Vec::new())
    } else {
        owner::owner(line, mailbox, &mut answers).map(|user| user.addresses(mailbox))
    };
    let categories = if asked.categories {
        Some(master_categories::read(line, access, mailbox, &mut answers).await)
    } else {
        None
    };
    let folders = asked.folders.as_ref().map(|_| match strayed_list {
        Some(failure) => Err(failure),
        None => folder_delta::read(line, mailbox, &mut answers),
    });
    let distinguished = asked.distinguished.then(|| distinguished_folders::read(line, mailbox, &mut answers));
    let messages = asked.messages.iter().enumerate().map(|(place, (folder, _))| {
        let page = match (strayed.remove(&place), &addresses) {
            (Some(failure), _) => Err(failure),
            (None, Err(failure)) => Err(failure.clone()),
            (None, Ok(addresses)) => message_delta::read(line, mailbox, addresses, place, &mut answers),
        };
        (folder.clone(), page)
    });
    Ok(Answered { categories, folders, messages: messages.collect(), distinguished })
}

struct Plan {
    parts: Vec<Part>,
    /// Links that lead elsewhere are not followed: of the list of folders, and of the folders by their place.
    strayed_list: Option<Failure>,
    strayed: BTreeMap<usize, Failure>,
}

fn plan(line: &MailboxLine, access: &Access, mailbox: &SmtpAddress, asked: &Asked) -> Plan {
    let mut plan = Plan { parts: Vec::new(), strayed_list: None, strayed: BTreeMap::new() };
    if asked.categories {
        plan.parts.push(master_categories::part(mailbox));
    }
    match asked.folders.as_ref().map(|from| folder_delta::part(line, mailbox, from)) {
        Some(Ok(part)) => plan.parts.push(part),
        Some(Err(failure)) => plan.strayed_list = Some(failure),
        None => {}
    }
    if asked.distinguished {
        plan.parts.extend(distinguished_folders::parts(mailbox));
    }
    if !asked.messages.is_empty() {
        plan.parts.extend(owner::who(access, mailbox));
    }
    let rows = message_delta::rows_of_a_page(asked.messages.len());
    for (place, folder) in asked.messages.iter().enumerate() {
        match message_delta::part(line, mailbox, place, folder, rows) {
            Ok(part) => plan.parts.push(part),
            Err(failure) => {
                plan.strayed.insert(place, failure);
            }
        }
    }
    plan
}

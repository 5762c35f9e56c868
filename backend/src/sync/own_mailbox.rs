//! How the caller's own mailbox is synchronized, and what fails in it (MBX-04).
//!
//! Subjects are read from Exchange with the caller's own rights when they are asked for; the service keeps none.

use super::Items;
use super::administration::{TOLD_MS, failing_item};
use crate::caller::Access;
use crate::outcome::Outcome;
use crate::store::{FailingWish, MailboxRecord};
use shared::api::admin::{FailingItem, MailboxState};
use shared::api::mailbox::MOST_TOLD;
use shared::api::{FailingEmail, OwnMailbox};
use shared::email::Message;
use shared::item::{ItemId, SmtpAddress};
use shared::mailbox::Operation;
use shared::problem::{Code, Problem};
use shared::rules::Language;
use shared::rules::folders::Owner;
use shared::rules::standing::{self, Standing};
use shared::wish::Origin;
use std::collections::HashMap;

/// Failing items that are looked at for those that are the caller's business.
const MOST_READ: u32 = 200;

impl Items {
    /// How the caller's own mailbox stands. Somebody else's is refused.
    pub async fn own_standing(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        language: Language,
    ) -> Result<OwnMailbox, Problem> {
        self.present(access)?;
        let owner = self.0.parts.exchange.owner(access, mailbox).await.map_err(|f| f.problem())?;
        let whose = if owner.0 == access.user.0 { Owner::Oneself } else { Owner::SomebodyElse };
        standing::may_see(whose).answer?;
        let store = &self.0.parts.store;
        let record = store.mailbox(access.tenant, owner).await.map_err(|e| e.problem())?;
        let since = self.0.parts.clock.now().plus_ms(-TOLD_MS);
        let counts = store.counts(access.tenant, owner, since).await.map_err(|e| e.problem())?;
        let failing = store.failing(access.tenant, Some(owner), since, MOST_READ).await;
        let mut failing = failing.map_err(|e| e.problem())?;
        // What a delegate was refused is theirs.
        failing.retain(|one| one.wish.user == access.user || one.wish.origin != Origin::Pane);
        failing.truncate(MOST_TOLD);
        Ok(OwnMailbox {
            address: mailbox.clone(),
            lines: standing::lines(&self.standing_of(record.as_ref(), counts), language),
            failing: self.told_of(access, mailbox, &failing, language).await,
        })
    }

    fn standing_of(&self, record: Option<&MailboxRecord>, (done, failed): (u64, u64)) -> Standing {
        let Some(record) = record else { return Standing { done, failed, ..Standing::default() } };
        let rota = self.0.rota.standing(&(record.tenant, record.address.clone()));
        let problem = match &record.operation {
            Operation::Stopped(problem) => Some(problem.clone()),
            Operation::On | Operation::Off => rota.as_ref().and_then(|rota| rota.last_problem.clone()),
        };
        Standing {
            state: Some(MailboxState::of(record.approval, &record.operation)),
            problem,
            last: rota.as_ref().and_then(|rota| rota.last),
            next: rota.as_ref().map(|rota| rota.next),
            interval: rota.map(|rota| rota.interval.reason()),
            done,
            failed,
        }
    }

    async fn told_of(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        failing: &[FailingWish],
        language: Language,
    ) -> Vec<FailingEmail> {
        let items: Vec<_> = failing.iter().filter_map(|one| failing_item(one, language)).collect();
        let ids: Vec<ItemId> = items.iter().map(|item| item.item.clone()).collect();
        let subjects = self.subjects(access, mailbox, &ids).await;
        let told = |item: &FailingItem| {
            let subject = match subjects.get(&item.item) {
                Some(Ok(subject)) if !subject.trim().is_empty() => subject.clone(),
                Some(Ok(_)) => standing::without_subject(&Ok(()), language).to_owned(),
                Some(Err(code)) => standing::without_subject(&Err(*code), language).to_owned(),
                None => standing::without_subject(&Err(Code::ExchangeDown), language).to_owned(),
            };
            FailingEmail { subject, lines: standing::failing_lines(item, language) }
        };
        items.iter().map(told).collect()
    }

    /// Subjects as far as Exchange tells them now: what fails is told all the same.
    async fn subjects(
        &self,
        access: &Access,
        mailbox: &SmtpAddress,
        ids: &[ItemId],
    ) -> HashMap<ItemId, Result<String, Code>> {
        if ids.is_empty() {
            return HashMap::new();
        }
        let seen = self.0.parts.exchange.messages(access, mailbox, ids).await.unwrap_or_default();
        let subject = |message: Outcome<Option<Message>>| match message {
            Ok(Some(message)) => Ok(message.subject),
            Ok(None) => Err(Code::MessageGone),
            Err(failure) => Err(failure.problem().code),
        };
        seen.into_iter().map(|(id, message)| (id, subject(message))).collect()
    }
}

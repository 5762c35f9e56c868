//! Conversations: tracked as a whole (CAT-11), followed or not (INC-05), and what else is worth knowing around a
//! message (CAT-26).

use super::Items;
use super::many::told;
use crate::caller::Access;
use crate::exchange::{Find, MailboxId};
use crate::store::{Accepted, Actor, ItemKey, ItemName, Stopped};
use shared::api::{
    ConversationRequest, ConversationTracked, Explanation, Following, ItemBrief, Surroundings, THREAD_MAX,
};
use shared::category::{MasterCategory, MasterList};
use shared::email::{ConversationId, Message};
use shared::item::{ItemId, SmtpAddress};
use shared::problem::{Code, Problem};
use shared::rules::delegates::{self, CategoryOf};
use shared::rules::several::{self, Stands, Whole};
use shared::rules::tracking::{says_tracked, tracking_category};
use shared::rules::{Language, explain};
use shared::status::{Goal, Status};
use shared::wish::Wish;
use uuid::Uuid;

impl Items {
    /// What is worth knowing around an item, beside its state.
    pub async fn surroundings(
        &self,
        access: &Access,
        name: &ItemName,
        language: Language,
    ) -> Result<Surroundings, Problem> {
        self.present(access)?;
        let (owner, message) = tokio::join!(
            self.owner(access, &name.mailbox, std::slice::from_ref(&name.item)),
            self.message(access, name)
        );
        let (owner, message) = (owner?, message?);
        let conversation = match &message.conversation {
            Some(conversation) => Some(self.following(access, owner, conversation).await?),
            None => None,
        };
        let names_differ = if is_own(access, owner) {
            None
        } else {
            self.names_differ(access, name, owner, language).await?
        };
        Ok(Surroundings { conversation, names_differ })
    }

    /// Tracks every message of the item's conversation that lies in the mailbox, as many wishes as there are
    /// messages (CAT-11). Those that are tracked already are left alone, unless they shall be regarding another
    /// record; drafts come later.
    pub async fn track_conversation(
        &self,
        access: &Access,
        name: &ItemName,
        request: &ConversationRequest,
        language: Language,
    ) -> Result<ConversationTracked, Problem> {
        self.present(access)?;
        several::accept(&Wish::Track { regarding: request.regarding.clone() }).answer?;
        let open = self.message(access, name).await?;
        let conversation = open.conversation.clone().ok_or_else(without_conversation)?;
        let exchange = &self.0.parts.exchange;
        let by = Find::Conversation(conversation);
        let most = u32::try_from(THREAD_MAX + 1).unwrap_or(u32::MAX);
        let (owner, found, master) = tokio::join!(
            self.owner(access, &name.mailbox, std::slice::from_ref(&name.item)),
            exchange.find(access, &name.mailbox, &by, most),
            self.master_list(access, &name.mailbox),
        );
        let (owner, found) = (owner?, found.map_err(|f| f.problem())?);
        let master = master.map_err(|f| f.problem())?;
        let (found, whole) = several::of_thread(found).answer;
        let mut states = Vec::with_capacity(found.len());
        for message in found {
            // Whoever asked follows the open message under the name that they asked by.
            let item = if message.id == open.id { name.item.clone() } else { message.id.clone() };
            let item = ItemName { mailbox: name.mailbox.clone(), item };
            states.push(self.track_one(access, &item, owner, &master, &message, request, language).await?);
        }
        self.ring_for_wishes(access, &name.mailbox);
        Ok(ConversationTracked { states, more: whole == Whole::No })
    }

    /// Ends automatic tracking of the item's conversation, or begins it again (INC-05). Only for the mailbox's own
    /// user, and for whoever may change its messages: that is tried by writing one back as it is.
    pub async fn follow_conversation(
        &self,
        access: &Access,
        name: &ItemName,
        following: Following,
    ) -> Result<Following, Problem> {
        self.present(access)?;
        let (owner, message) = tokio::join!(
            self.owner(access, &name.mailbox, std::slice::from_ref(&name.item)),
            self.message(access, name)
        );
        let (owner, message) = (owner?, message?);
        let conversation = message.conversation.clone().ok_or_else(without_conversation)?;
        if !is_own(access, owner) {
            let allowed = self.0.parts.exchange.may_change(access, &name.mailbox, &message).await;
            allowed.map_err(|f| f.problem())?;
        }
        let stopped = match following {
            Following::Stopped => Stopped::Yes,
            Following::Followed => Stopped::No,
        };
        let (store, now) = (&self.0.parts.store, self.0.parts.clock.now());
        let by = Actor::User(access.user);
        let stored = store.stop_conversation(access.tenant, owner, &conversation, stopped, &by, now).await;
        stored.map_err(|e| e.problem())?;
        Ok(following)
    }

    #[expect(clippy::too_many_arguments, reason = "all that was looked at, and for whom")]
    async fn track_one(
        &self,
        access: &Access,
        name: &ItemName,
        owner: MailboxId,
        master: &MasterList,
        message: &Message,
        request: &ConversationRequest,
        language: Language,
    ) -> Result<ItemBrief, Problem> {
        let item = || name.item.clone();
        let key = ItemKey { mailbox: owner, item: message.id.clone() };
        let version = self.0.next_version();
        let stored = self.0.parts.store.knowledge(access.tenant, name, Some(&key)).await;
        let stored = stored.map_err(|e| e.problem())?;
        let category =
            tracking_category(master, stored.category.as_ref().map(|known| &known.category)).answer;
        let tracked =
            stored.link.is_some() && stored.wish.is_none() && says_tracked(&message.categories, &category);
        let stands = if tracked { Stands::Tracked } else { Stands::Otherwise };
        if !several::is_to_be_tracked(stands, &request.regarding).answer {
            return Ok(told(item(), Status::Tracked, version, language));
        }
        let wish = Wish::Track { regarding: request.regarding.clone() };
        // The same request sent again makes the same wishes.
        let id = Uuid::new_v5(&request.id, message.id.0.as_bytes());
        let status = match self.accept(access, name, id, wish).await {
            Ok(Accepted::New | Accepted::Again(_)) => Status::Tracking,
            Ok(Accepted::Taken) => {
                let problem = Problem::new(Code::BadRequest)
                    .because("reason", "this wish id was used for another wish");
                Status::Failed { goal: Goal::Track, problem }
            }
            Err(problem) => Status::Failed { goal: Goal::Track, problem },
        };
        Ok(told(item(), status, version, language))
    }

    async fn following(
        &self,
        access: &Access,
        owner: MailboxId,
        conversation: &ConversationId,
    ) -> Result<Following, Problem> {
        let stopped = self.0.parts.store.stopped_conversations(access.tenant, owner).await;
        let stopped = stopped.map_err(|e| e.problem())?.contains(conversation);
        Ok(if stopped { Following::Stopped } else { Following::Followed })
    }

    async fn message(&self, access: &Access, name: &ItemName) -> Result<Message, Problem> {
        let items: [ItemId; 1] = [name.item.clone()];
        let found = self.0.parts.exchange.messages(access, &name.mailbox, &items).await;
        let first = found.map_err(|f| f.problem())?.into_iter().next();
        let message = first.and_then(|(_, answer)| answer.transpose()).transpose();
        message.map_err(|f| f.problem())?.ok_or_else(|| Problem::new(Code::MessageGone))
    }

    /// CAT-26: the owner's name for the tracking category, and the delegate's own.
    async fn names_differ(
        &self,
        access: &Access,
        name: &ItemName,
        owner: MailboxId,
        language: Language,
    ) -> Result<Option<Explanation>, Problem> {
        let mailbox = &name.mailbox;
        // Exchange takes the user's object id wherever it takes an address.
        let own = SmtpAddress::new(&access.user.to_string());
        let (theirs, yours) = tokio::join!(self.master_list(access, mailbox), self.master_list(access, &own));
        // Without a list of their own there is nothing to compare with: somebody who has no mailbox.
        let (Ok(theirs), Ok(yours)) = (theirs, yours) else { return Ok(None) };
        let known = |mailbox: MailboxId| self.known_category(access, name, mailbox);
        let (of_owner, of_user) = (known(owner).await?, known(MailboxId(access.user.0)).await?);
        let decided = delegates::names_differ(
            CategoryOf { list: &yours, known: of_user.as_ref() },
            CategoryOf { list: &theirs, known: of_owner.as_ref() },
        );
        let told = Explanation { rule: decided.rule, text: explain(&decided.reason(), language) };
        Ok((decided.answer == delegates::Names::Differ).then_some(told))
    }
}

impl Items {
    /// The tracking category of a mailbox, as it was last seen; whatever item is asked about.
    async fn known_category(
        &self,
        access: &Access,
        name: &ItemName,
        mailbox: MailboxId,
    ) -> Result<Option<MasterCategory>, Problem> {
        let key = ItemKey { mailbox, item: name.item.clone() };
        let stored = self.0.parts.store.knowledge(access.tenant, name, Some(&key)).await;
        Ok(stored.map_err(|e| e.problem())?.category.map(|known| known.category))
    }
}

fn is_own(access: &Access, owner: MailboxId) -> bool {
    owner.0 == access.user.0
}

fn without_conversation() -> Problem {
    Problem::new(Code::BadRequest)
        .because("reason", "Exchange names no conversation that this message belongs to")
}

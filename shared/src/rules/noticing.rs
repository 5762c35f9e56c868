//! What a message that changed says about tracking, before anybody looks at it more closely.
//!
//! Rows of a delta page come here. Most say nothing. One whose category, folder or arrival says that it is to be
//! tracked or untracked becomes a wish, as if its person had clicked; one that only the CRM can tell about is to be
//! screened ([`super::accepting`]). A row that merely echoes what is agreed says nothing, so that our own writes
//! cause nothing when they come back.

use crate::category;
use crate::decision::{Decision, RuleId};
use crate::email::{Direction, Draft, Message};
use crate::item::FolderId;
use crate::mailbox::FolderMapping;
use crate::plan::{Link, LinkCategory};
use crate::rules::accepting;
use crate::rules::tracking::{TrackingCategory, says_tracked};
use crate::settings::{Settings, Switch};
use crate::status::Goal;
use crate::wish::{Origin, RecordFate, RegardingWish, Wish};

/// What is stored about the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    pub link: Option<Link>,
    /// A person took it out of tracking: nothing but a person's act tracks it again.
    pub untracked: bool,
    /// The folder in which it lay when its open wish was made; else when it was tracked or untracked.
    pub folder: Option<FolderId>,
    /// The open wish for it.
    pub open: Option<(Origin, Goal)>,
    /// Another recipient's copy of the same direction is tracked, and this one was expected to follow (CAT-15).
    pub expected: bool,
}

/// What holds for the mailbox and the folder that the message is in.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    pub settings: &'a Settings,
    pub category: &'a TrackingCategory,
    /// The folder's mapping, if it has one.
    pub mapping: Option<&'a FolderMapping>,
    pub arrival: Arrival,
    pub conversation: Conversation,
}

/// Whether a message has just come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Received since the folder was last read to its end, and after the mailbox's start date (MBX-02).
    New,
    Old,
}

/// Whether the mailbox's user wants to hear of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversation {
    Followed,
    /// *Stop tracking this conversation* (INC-05).
    Stopped,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    Nothing,
    /// Somebody wishes this.
    Wish(Wish, Origin),
    /// The CRM must be asked whether the mail is to be tracked by itself.
    Screen,
}

/// What a message that changed says about tracking.
///
/// CAT-02: the category on it means that it is to be tracked; CAT-06: taken off a tracked one, that it is to be
/// untracked; CAT-10: whoever did it, in whatever client. CAT-21: while category tracking is off, neither. FLD-01:
/// mail moved to a mapped folder is tracked, FLD-02: moved on to another one it takes that one's regarding record.
/// CAT-17: mail that was tracked while category tracking was off is not gone back to.
/// CAT-15: the copy of a mail that another recipient tracks gets the category. INC-02: the filter has no say in any of
/// these acts; only mail that has just come, and that nobody touched, is screened (MBX-02, INC-05, INC-07).
pub fn notice(message: &Message, stored: &Stored, around: Surroundings<'_>) -> Decision<Noticed> {
    let nothing = |rule| Decision::new(Noticed::Nothing, rule);
    if message.draft == Draft::Draft || message.internet_message_id.is_none() {
        return nothing(RuleId::Cat24);
    }
    if matches!(stored.open, Some((Origin::Pane, _))) {
        // Whoever clicked is served by looking at the message as it is.
        return nothing(RuleId::Frq04);
    }
    let said = by_category(message, stored, around);
    match (said, around.settings.track_categorized) {
        (Some(said), Switch::On) => said,
        (said, _) => match by_other_means(message, stored, around) {
            // What the category says counts for nothing, so it is why nothing happens.
            Decision { answer: Noticed::Nothing, .. } if said.is_some() => nothing(RuleId::Cat21),
            noticed => noticed,
        },
    }
}

fn by_category(message: &Message, stored: &Stored, around: Surroundings<'_>) -> Option<Decision<Noticed>> {
    let on = says_tracked(&message.categories, around.category);
    let open = stored.open.map(|(_, goal)| goal);
    let agreed = stored.link.is_some_and(|link| link.category == LinkCategory::Agreed);
    // The regarding record of a mapped folder goes with mail that is new there, whichever of the two is seen first.
    let takes_record = stored.link.is_none() || moved_here(message, stored);
    let mapping = around.mapping.filter(|_| takes_record);
    let (wish, rule) = match (on, stored.link, open) {
        (true, None, None | Some(Goal::Untrack)) => (track(mapping), RuleId::Cat02),
        // Tracked without the category until now: from here on it counts.
        (true, Some(_), None) if !agreed => (track(mapping), RuleId::Cat02),
        (false, Some(_), None | Some(Goal::Track)) if agreed => {
            (Wish::Untrack { record: RecordFate::Keep }, RuleId::Cat06)
        }
        // Taken off again while the tracking it asked for is under way, which may be past looking at it.
        (false, None, _) if taken_off_again(message, stored) => {
            (Wish::Untrack { record: RecordFate::Keep }, RuleId::Cat06)
        }
        _ => return None,
    };
    let decided = Decision::new(Noticed::Wish(wish, Origin::Category), rule);
    Some(decided.because("category", &around.category.name))
}

/// Whether the category that is being acted on is off again, and not by us: given up, it has made way for
/// *Undeliverable*.
fn taken_off_again(message: &Message, stored: &Stored) -> bool {
    let given_up = category::contains(&message.categories, category::UNDELIVERABLE);
    stored.open == Some((Origin::Category, Goal::Track)) && !given_up
}

/// What it says apart from its category.
fn by_other_means(message: &Message, stored: &Stored, around: Surroundings<'_>) -> Decision<Noticed> {
    let nothing = |rule| Decision::new(Noticed::Nothing, rule);
    // RET-03: not retried. Only a person's category is a fresh attempt (RET-05).
    let given_up = category::contains(&message.categories, category::UNDELIVERABLE);
    if given_up && stored.link.is_none() {
        return nothing(RuleId::Ret03);
    }
    if let Some(noticed) = by_folder(message, stored, around) {
        return noticed;
    }
    if stored.link.is_some_and(|link| link.category == LinkCategory::Off) {
        return nothing(RuleId::Cat17);
    }
    if stored.link.is_some() || stored.untracked {
        return nothing(RuleId::Cat24);
    }
    if let Some((origin, _)) = stored.open {
        let filtered = accepting::filtering(origin);
        // Asked for by hand, the filter has no say in it; tracked by itself, it was asked already.
        return nothing(filtered.rule);
    }
    by_itself(message, stored, around)
}

fn by_folder(message: &Message, stored: &Stored, around: Surroundings<'_>) -> Option<Decision<Noticed>> {
    let mapping = around.mapping?;
    let moved = moved_here(message, stored);
    let rule = match (stored.link, stored.open) {
        (None, None) if moved || !stored.untracked => RuleId::Fld01,
        // The wish that it waits for knows nothing of this folder's record.
        (None, Some((origin, Goal::Track))) if origin != Origin::Folder && mapping.regarding.is_some() => {
            RuleId::Fld01
        }
        // It was to be untracked where it lay then; who moved it here since wishes it tracked.
        (_, Some((_, Goal::Untrack))) if moved => RuleId::Fld01,
        (Some(_), None) if moved && mapping.regarding.is_some() => RuleId::Fld02,
        _ => return None,
    };
    Some(Decision::new(Noticed::Wish(track(Some(mapping)), Origin::Folder), rule))
}

/// Whether it lies elsewhere than when it was tracked or untracked, or was to be. Where either is unknown nobody can say that
/// somebody moved it: a regarding record set by hand stays, and what was untracked stays so.
fn moved_here(message: &Message, stored: &Stored) -> bool {
    matches!((&stored.folder, &message.folder), (Some(then), Some(now)) if then != now)
}

/// To be tracked, with the regarding record of the folder if it has one.
fn track(mapping: Option<&FolderMapping>) -> Wish {
    let record = mapping.and_then(|mapping| mapping.regarding.clone());
    Wish::Track { regarding: record.map_or(RegardingWish::Keep, RegardingWish::Set) }
}

fn by_itself(message: &Message, stored: &Stored, around: Surroundings<'_>) -> Decision<Noticed> {
    let nothing = |rule| Decision::new(Noticed::Nothing, rule);
    if around.conversation == Conversation::Stopped {
        return nothing(RuleId::Inc05);
    }
    if stored.expected && around.settings.track_categorized == Switch::On {
        return Decision::new(Noticed::Wish(track(None), Origin::Copy), RuleId::Cat15);
    }
    if around.arrival == Arrival::Old {
        return nothing(RuleId::Mbx02);
    }
    if message.direction == Direction::Outgoing && around.settings.auto_track_sent == Switch::Off {
        // CAT-15 speaks of recipients: a sent copy follows nobody.
        return nothing(RuleId::Inc07);
    }
    Decision::new(Noticed::Screen, RuleId::Inc01)
}

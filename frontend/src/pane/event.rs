//! What can happen to the pane, and what it can ask for in turn.

use super::state::Trouble;
use crate::host::{Answer, ItemKey, NoHost, Open, Question, Selection};
use shared::api::{
    Config, ConversationRequest, ConversationTracked, Folder, FolderMapping, Folders, Following, ItemBrief,
    ItemState, OwnMailbox, Records, States, Suggestions, Surroundings, WishRequest, WishesAnswer,
    WishesRequest,
};
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::party::Chosen;
use shared::regarding::RecordRef;
use shared::wish::RecordFate;
use uuid::Uuid;

/// Something happened: in Outlook, in the service or under the user's hands.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The pane was opened.
    Started,
    /// Outlook is there, or never will be.
    HostReady(Result<(), NoHost>),
    /// Something is open in Outlook; comes again with every change while the pane is pinned.
    Opened(Open),
    Configured(Result<Config, Trouble>),
    SignedIn(Result<(), Trouble>),
    Loaded(ItemKey, Result<ItemState, Trouble>),
    /// The stream of an item's states was opened, for the first time or again.
    StreamOpened(ItemKey),
    Streamed(ItemKey, ItemState),
    /// The service answered a wish.
    Answered(Uuid, Result<ItemState, Trouble>),
    Suggested(ItemKey, Result<Suggestions, Trouble>),
    /// The user stopped typing for a moment; the number is the search's.
    Paused(u32),
    Found(u32, Result<Records, Trouble>),
    /// The user answered whether the record of this item shall really be deleted.
    Confirmed(ItemKey, Answer),
    /// What the service knows of all that is selected.
    SeveralLoaded(Selection, Result<States, Trouble>),
    /// The stream of several items' states was opened, for the first time or again.
    SeveralFollowed,
    /// One of several items that are followed has another state.
    BriefStreamed(ItemBrief),
    /// The service answered the wishes of which this one is the first.
    SeveralAnswered(Uuid, Result<WishesAnswer, Trouble>),
    LookedAround(ItemKey, Result<Surroundings, Trouble>),
    /// The service took all messages of this one's conversation.
    ThreadTracked(ItemKey, Result<ConversationTracked, Trouble>),
    /// Whether this message's conversation is followed from now on.
    ThreadStands(ItemKey, Result<Following, Trouble>),
    FoldersLoaded(Result<Folders, Trouble>),
    FolderMapped(FolderId, Result<Folder, Trouble>),
    /// How the user's own mailbox is synchronized.
    MailboxTold(Result<OwnMailbox, Trouble>),
    /// The browser has a network again.
    Online,
    User(Act),
}

/// What the user did.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    Track,
    Untrack,
    ClearRegarding,
    /// Repeats what did not work.
    Retry,
    /// Looks again.
    Refresh,
    SignIn,
    /// Wants another regarding record.
    Change,
    /// The field got the focus, or was clicked.
    OpenList,
    /// The focus left the field.
    CloseList,
    Type(String),
    Press(Key),
    Choose(RecordRef),
    Fate(RecordFate),
    /// Wants to add somebody on the message to the CRM; asks for the name first.
    AddPerson(SmtpAddress, String),
    /// Adds them under the name that stands there.
    ConfirmContact,
    /// Says which of several records somebody is.
    ChoosePerson(Chosen),
    /// Confirms in the pane that the record shall be deleted.
    ConfirmDelete,
    /// Leaves the question or the field without an answer.
    Cancel,
    /// Tracks every message of the open one's conversation.
    TrackThread,
    /// Follows the open message's conversation, or stops to.
    FollowThread(Following),
    /// Shows the user's own mailbox and its folders instead of what is open.
    OpenFolders,
    /// Shows what is open again.
    CloseFolders,
    MapFolder(FolderId),
    UnmapFolder(FolderId),
    /// Wants to choose the regarding record of a folder.
    PickForFolder(FolderId),
    ClearFolder(FolderId),
}

/// Keys of the combobox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Down,
    Up,
    Enter,
    Escape,
}

/// Something the pane wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Waits for Outlook.
    AwaitHost,
    /// Asks Outlook what is open, now and whenever it changes.
    WatchHost,
    Configure,
    SignIn(SignIn),
    Load(ItemKey),
    /// Follows the item's states, instead of those of any other.
    Follow(ItemKey),
    Unfollow,
    Send(ItemKey, WishRequest),
    LoadSeveral(Selection),
    /// Follows the states of these items, instead of those of any others.
    FollowSeveral(SmtpAddress, Vec<ItemId>),
    SendSeveral(SmtpAddress, WishesRequest),
    ChoosePerson(ItemKey, Chosen),
    LookAround(ItemKey),
    TrackThread(ItemKey, ConversationRequest),
    FollowThread(ItemKey, Following),
    LoadFolders,
    LoadMailbox,
    /// Maps a folder; `None` takes its mapping away.
    MapFolder(FolderId, Option<FolderMapping>),
    Suggest(ItemKey),
    /// Comes back with [`Event::Paused`] after [`TYPING_PAUSE_MS`].
    Pause(u32),
    Search(u32, String),
    Ask(ItemKey, Question),
    Focus(Spot),
    /// Scrolls an option of the combobox into view.
    Reveal(usize),
}

/// How long typing has to rest before a search is sent.
pub const TYPING_PAUSE_MS: u32 = 200;

/// How to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// Without the user noticing.
    Silent,
    /// In a window; answers the challenge, if there is one.
    InWindow { claims: Option<String> },
}

/// Places that the focus is put on after something the user did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The combobox's field.
    Field,
    /// The question that is open.
    Question,
    /// The field for a contact's name.
    Name,
    /// The status, which a screen reader then reads.
    Status,
    /// What is said of the conversation.
    Thread,
}

impl Spot {
    /// Id of the element.
    pub fn id(self) -> &'static str {
        match self {
            Spot::Field => "field",
            Spot::Question => "question",
            Spot::Name => "name",
            Spot::Status => "status",
            Spot::Thread => "thread",
        }
    }
}

/// Id of the combobox's option at this position.
pub fn option_id(position: usize) -> String {
    format!("option-{position}")
}

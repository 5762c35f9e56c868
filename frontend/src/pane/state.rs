//! All that the pane knows, as plain values. What it shows follows from this and from nothing else.

use crate::host::{ItemKey, NoHost, Open, OpenMessage, Selection};
use shared::api::{
    Folders, FoundRecord, ItemBrief, ItemState, OwnMailbox, ProblemDetails, Records, SEARCH_MIN_CHARS,
    SuggestedBecause, Suggestion, Surroundings, WishRequest, WishesRequest,
};
use shared::item::{FolderId, SmtpAddress};
use shared::problem::Code;
use shared::regarding::RecordRef;
use shared::status::Status;
use shared::wish::{RegardingWish, Wish};

/// The pane.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub place: Place,
    pub service: Service,
    pub session: Session,
    pub item: Item,
    pub several: Several,
    /// The user's own mailbox and its folders, where they are shown instead of what is open.
    pub folders: Option<FolderScreen>,
    /// Wishes that the service has not answered yet, of any item: switching away loses none.
    pub outbox: Vec<Delivery>,
    /// The same of wishes for several items.
    pub bulk: Vec<BulkDelivery>,
    /// Number of the latest search; answers to earlier ones are dropped.
    pub searches: u32,
}

/// Where the pane is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    Starting,
    NoHost(NoHost),
    Outlook(Open),
}

/// Our own service, as far as it told about itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Service {
    Starting,
    Unreachable(Trouble),
    Ready { sandbox: Tenant },
}

/// On which kind of tenant the service works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenant {
    Real,
    Sandbox,
}

/// Whether somebody is signed in.
#[derive(Debug, Clone, PartialEq)]
pub enum Session {
    Starting,
    SigningIn,
    SignedIn,
    SignedOut {
        why: SignedOut,
        /// Challenge of Entra ID that the next sign-in has to answer.
        claims: Option<String>,
    },
}

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedOut {
    /// Nobody signed in yet, or the session ended.
    NotYet,
    /// The organization wants the user to confirm something (a claims challenge).
    Challenged,
    /// The user closed the window.
    Cancelled,
    /// Entra ID or MSAL said this.
    Failed(String),
}

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// The service could not be reached.
    Offline,
    /// Whoever wants to go on has to sign in first.
    SignedOut { why: SignedOut, claims: Option<String> },
    /// The service refused and said why.
    Problem(Box<ProblemDetails>),
    /// Something else than our service answered, e.g. a proxy.
    Unreadable { status: u16 },
}

/// The open message, as far as the service told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Item {
    pub known: Remote<ItemState>,
    pub picker: Picker,
    pub asking: Option<Asking>,
    /// Whom the user is adding to the CRM.
    pub adding: Option<Adding>,
    /// What is worth knowing beside the state.
    pub around: Remote<Surroundings>,
    /// The messages of its conversation, once they are being tracked.
    pub thread: Remote<Thread>,
    /// Whether the conversation is being stopped or followed again just now; what went wrong with that.
    pub standing: Remote<()>,
}

/// Somebody on the message who is to become a contact, once the name is confirmed (PPL-04).
#[derive(Debug, Clone, PartialEq)]
pub struct Adding {
    pub address: SmtpAddress,
    pub name: String,
}

/// The messages of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    pub states: Vec<ItemBrief>,
    /// There are more than can be tracked at once.
    pub more: bool,
}

/// All that is selected, as far as the service told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Several {
    pub known: Remote<Vec<ItemBrief>>,
    pub picker: Picker,
    /// Asks whether all shall be untracked.
    pub asking: bool,
    /// The stream was open once: opened again, it may have missed something.
    pub followed: bool,
}

/// The user's own mailbox, and its folders.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FolderScreen {
    pub mailbox: Remote<OwnMailbox>,
    pub known: Remote<Folders>,
    pub picker: Picker,
    /// The folder whose regarding record is being chosen.
    pub picking: Option<FolderId>,
    /// The folder that is being changed, and what went wrong with the last one.
    pub changing: Option<FolderId>,
    pub trouble: Option<Trouble>,
}

/// Something that comes from the service.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Remote<T> {
    #[default]
    Absent,
    Loading,
    Here(T),
    Failed(Trouble),
}

/// A wish on its way to the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub key: ItemKey,
    /// Keeps its id through every repetition: sent twice, it is one wish.
    pub request: WishRequest,
    pub progress: Progress,
}

/// Wishes for several items on their way to the service.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkDelivery {
    pub mailbox: SmtpAddress,
    /// Keep their ids through every repetition.
    pub request: WishesRequest,
    pub progress: Progress,
}

/// How many of several items stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub tracked: usize,
    pub untracked: usize,
    /// Being worked on, or waiting to be.
    pub pending: usize,
    pub failed: usize,
}

/// How far a wish came.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    Sending,
    /// Not delivered; can be sent again as it is.
    Stuck(Trouble),
}

/// The combobox in which the regarding record is chosen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picker {
    /// The field is shown although there is a regarding record, which is to be changed.
    pub changing: bool,
    /// The list is shown.
    pub open: bool,
    pub term: String,
    /// Position of the marked option among [`Picker::options`].
    pub marked: Option<usize>,
    pub suggestions: Remote<Vec<Suggestion>>,
    pub found: Remote<Records>,
}

/// One line of the combobox's list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice<'a> {
    pub record: &'a RecordRef,
    pub detail: &'a str,
    /// Why it is offered; `None` when it was searched for.
    pub because: Option<SuggestedBecause>,
}

/// *What shall become of the CRM record?*
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// The choices are shown.
    Choices,
    /// A window asks whether the record shall really be deleted.
    InWindow,
    /// There is no window here, so the pane asks.
    InPane,
}

/// The status, with what the pane knows beyond the service.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown<'a> {
    Loading,
    /// The state could not be read.
    Failed(&'a Trouble),
    /// A wish is being sent.
    Sending(&'a Wish),
    /// A wish could not be sent.
    Stuck(&'a Trouble),
    Is(&'a ItemState),
}

impl State {
    pub fn new() -> Self {
        Self {
            place: Place::Starting,
            service: Service::Starting,
            session: Session::Starting,
            item: Item::default(),
            several: Several::default(),
            folders: None,
            outbox: Vec::new(),
            bulk: Vec::new(),
            searches: 0,
        }
    }

    /// The message that is open, if one is.
    pub fn message(&self) -> Option<&OpenMessage> {
        match &self.place {
            Place::Outlook(Open::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// The key of the open message.
    pub fn key(&self) -> Option<&ItemKey> {
        self.message().map(|message| &message.key)
    }

    /// What is selected, if several items are.
    pub fn selection(&self) -> Option<&Selection> {
        match &self.place {
            Place::Outlook(Open::Several(selection)) => Some(selection),
            _ => None,
        }
    }

    /// The combobox that is shown.
    pub fn picker(&mut self) -> &mut Picker {
        match (&mut self.folders, &self.place) {
            (Some(folders), _) => &mut folders.picker,
            (None, Place::Outlook(Open::Several(_))) => &mut self.several.picker,
            _ => &mut self.item.picker,
        }
    }

    /// The wishes for what is selected that the service has not answered yet.
    pub fn bulk_delivery(&self) -> Option<&BulkDelivery> {
        let selection = self.selection()?;
        self.bulk.iter().find(|bulk| bulk.is_about(selection))
    }

    /// Whether `key` is what is open.
    pub fn shows(&self, key: &ItemKey) -> bool {
        self.key() == Some(key)
    }

    /// What the service said of the open message.
    pub fn known(&self) -> Option<&ItemState> {
        match &self.item.known {
            Remote::Here(known) => Some(known),
            _ => None,
        }
    }

    /// The open message's wish that the service has not answered yet.
    pub fn delivery(&self) -> Option<&Delivery> {
        let key = self.key()?;
        self.outbox.iter().find(|delivery| delivery.key == *key)
    }

    /// The status to show.
    pub fn shown(&self) -> Shown<'_> {
        match (self.delivery(), &self.item.known) {
            (Some(Delivery { progress: Progress::Sending, request, .. }), _) => Shown::Sending(&request.wish),
            (Some(Delivery { progress: Progress::Stuck(trouble), .. }), _) => Shown::Stuck(trouble),
            (None, Remote::Here(known)) => Shown::Is(known),
            (None, Remote::Failed(trouble)) => Shown::Failed(trouble),
            (None, Remote::Absent | Remote::Loading) => Shown::Loading,
        }
    }

    /// Whether the open message is being worked on, so that further wishes have to wait.
    pub fn is_busy(&self) -> bool {
        match self.shown() {
            Shown::Loading | Shown::Sending(_) => true,
            Shown::Is(known) => matches!(known.status, Status::Tracking | Status::Untracking),
            Shown::Failed(_) | Shown::Stuck(_) => false,
        }
    }

    /// The wish that *Try again* would repeat.
    pub fn repeatable(&self) -> Option<&Wish> {
        let known = self.known()?;
        match known.status {
            Status::Waiting { .. } | Status::Failed { .. } => known.wish.as_ref(),
            _ => None,
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl BulkDelivery {
    /// Whether any of it is for what is selected.
    pub fn is_about(&self, selection: &Selection) -> bool {
        self.mailbox == selection.mailbox
            && self.request.wishes.iter().any(|wish| selection.items.contains(&wish.item))
    }
}

impl Tally {
    pub fn of(states: &[ItemBrief]) -> Self {
        let mut tally = Self::default();
        for brief in states {
            *match &brief.status {
                Status::Tracked => &mut tally.tracked,
                Status::NotTracked if brief.problem.is_none() => &mut tally.untracked,
                Status::NotTracked | Status::Failed { .. } | Status::RecordGone => &mut tally.failed,
                Status::Tracking
                | Status::Untracking
                | Status::TrackingPending
                | Status::UntrackingPending
                | Status::Waiting { .. } => &mut tally.pending,
            } += 1;
        }
        tally
    }

    pub fn count(&self) -> usize {
        self.tracked + self.untracked + self.pending + self.failed
    }
}

impl Trouble {
    /// A problem that the service told; one that only signing in can mend is told apart.
    pub fn from_problem(problem: ProblemDetails) -> Self {
        let why = match problem.code {
            Code::SignedOut => SignedOut::NotYet,
            Code::InteractionRequired => SignedOut::Challenged,
            _ => return Trouble::Problem(Box::new(problem)),
        };
        Trouble::SignedOut { why, claims: problem.claims }
    }
}

impl Picker {
    /// Whether what was typed is enough to search for.
    pub fn is_searching(&self) -> bool {
        self.term.trim().chars().count() >= SEARCH_MIN_CHARS
    }

    /// What the list offers, in its order.
    pub fn options(&self) -> Vec<Choice<'_>> {
        match (self.is_searching(), &self.found, &self.suggestions) {
            (true, Remote::Here(found), _) => found.records.iter().map(Choice::found).collect(),
            (false, _, Remote::Here(suggested)) => suggested.iter().map(Choice::suggested).collect(),
            _ => Vec::new(),
        }
    }
}

impl<'a> Choice<'a> {
    fn found(found: &'a FoundRecord) -> Self {
        Self { record: &found.record, detail: &found.detail, because: None }
    }

    fn suggested(suggestion: &'a Suggestion) -> Self {
        Self { record: &suggestion.record, detail: &suggestion.detail, because: Some(suggestion.because) }
    }
}

/// Whether a wish is about the regarding record rather than about tracking.
pub fn is_about_regarding(wish: &Wish) -> bool {
    matches!(
        wish,
        Wish::Track { regarding: RegardingWish::Set(_) | RegardingWish::Clear | RegardingWish::Create(_) }
    )
}

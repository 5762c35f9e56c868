//! How the pane goes on with several messages, with conversations and with folders; runs natively.
#![cfg(not(target_arch = "wasm32"))]

mod fixtures;

use fixtures::*;
use frontend::host::Open;
use frontend::pane::event::{Act, Effect, Event, Spot};
use frontend::pane::state::{Progress, Remote, State, Tally, Trouble};
use frontend::pane::update::{Given, update};
use frontend::words::Words;
use shared::api::{
    ConversationRequest, ConversationTracked, Folder, FolderMapping, Following, ItemBrief, Reception, States,
    SuggestedBecause, Suggestions, Surroundings, WishAnswer, WishesAnswer, WishesRequest,
};
use shared::item::FolderId;
use shared::problem::{Code, Problem};
use shared::regarding::Table;
use shared::rules::Language;
use shared::status::{Goal, Status};
use shared::wish::{RecordFate, RegardingWish, Wish};
use uuid::Uuid;

/// A pane in a test's hands; ids of wishes count from one.
struct Pane {
    state: State,
    ids: u128,
}

impl Pane {
    /// Signed in, with this open.
    fn over(open: Open) -> Self {
        let mut pane = Self { state: State::new(), ids: 0 };
        for event in [
            Event::Started,
            Event::Configured(Ok(config())),
            Event::HostReady(Ok(())),
            Event::Opened(open),
            Event::SignedIn(Ok(())),
        ] {
            pane.happen(event);
        }
        pane
    }

    /// Three selected messages that stand like this.
    fn of(statuses: [Status; 3]) -> Self {
        let mut pane = Self::over(Open::Several(abc()));
        let states = ["A", "B", "C"].iter().zip(statuses).map(|(item, status)| brief(item, status)).collect();
        pane.happen(Event::SeveralLoaded(abc(), Ok(States { states })));
        pane
    }

    fn happen(&mut self, event: Event) -> Vec<Effect> {
        let ids = &mut self.ids;
        let mut fresh_id = || {
            *ids += 1;
            Uuid::from_u128(*ids)
        };
        let mut given = Given { fresh_id: &mut fresh_id, words: Words::of(Language::English) };
        update(&mut self.state, event, &mut given)
    }

    fn act(&mut self, act: Act) -> Vec<Effect> {
        self.happen(Event::User(act))
    }

    fn statuses(&self) -> Vec<Status> {
        match &self.state.several.known {
            Remote::Here(states) => states.iter().map(|brief| brief.status.clone()).collect(),
            other => panic!("{other:?}"),
        }
    }
}

fn abc() -> frontend::host::Selection {
    selection(&["A", "B", "C"])
}

fn sent(effects: &[Effect]) -> WishesRequest {
    let request = effects.iter().find_map(|effect| match effect {
        Effect::SendSeveral(_, request) => Some(request.clone()),
        _ => None,
    });
    request.expect("wishes are sent")
}

fn items(request: &WishesRequest) -> Vec<&str> {
    request.wishes.iter().map(|wish| wish.item.0.as_str()).collect()
}

fn accepted(request: &WishesRequest) -> WishesAnswer {
    let one = |wish: &shared::api::ItemWish| WishAnswer {
        id: wish.id,
        item: wish.item.clone(),
        reception: Reception::Accepted,
    };
    WishesAnswer { answers: request.wishes.iter().map(one).collect() }
}

const UNTRACKED: [Status; 3] = [const { Status::NotTracked }; 3];

#[test]
fn cat_09_what_is_selected_is_read_and_followed_all_together() {
    let mut pane = Pane::over(Open::Nothing);
    let effects = pane.happen(Event::Opened(Open::Several(abc())));
    let follow = Effect::FollowSeveral(abc().mailbox, abc().items);
    assert_eq!(effects, [Effect::Unfollow, Effect::LoadSeveral(abc()), follow]);
    assert_eq!(pane.state.several.known, Remote::Loading);
}

#[test]
fn cat_09_more_than_a_hundred_are_not_even_asked_about() {
    let ids: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let many = selection(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let mut pane = Pane::over(Open::Nothing);
    assert_eq!(pane.happen(Event::Opened(Open::Several(many))), [Effect::Unfollow]);
    assert_eq!(pane.act(Act::Track), []);
}

#[test]
fn cat_09_track_all_sends_one_wish_for_each_that_is_not_tracked() {
    let mut pane = Pane::of([Status::NotTracked, Status::Tracked, Status::TrackingPending]);
    let effects = pane.act(Act::Track);
    let request = sent(&effects);
    assert_eq!(items(&request), ["A", "C"]);
    assert_ne!(request.wishes[0].id, request.wishes[1].id);
    assert!(effects.contains(&Effect::Focus(Spot::Status)));
    assert_eq!(pane.statuses(), [Status::Tracking, Status::Tracked, Status::Tracking]);
    assert_eq!(pane.act(Act::Track), [], "while they are on their way nothing else is sent");
}

#[test]
fn cat_09_a_regarding_record_is_set_on_all_also_on_those_that_are_tracked() {
    let mut pane = Pane::of([Status::NotTracked, Status::Tracked, Status::NotTracked]);
    let request = sent(&pane.act(Act::Choose(opportunity())));
    assert_eq!(items(&request), ["A", "B", "C"]);
    let wish = Wish::Track { regarding: RegardingWish::Set(opportunity()) };
    assert!(request.wishes.iter().all(|one| one.wish == wish));
}

#[test]
fn cat_09_untracking_all_is_asked_about_first_and_always_keeps_the_records() {
    let mut pane = Pane::of([Status::Tracked, Status::NotTracked, Status::Tracked]);
    assert_eq!(pane.act(Act::Untrack), [Effect::Focus(Spot::Question)]);
    assert!(pane.state.several.asking);
    pane.act(Act::Cancel);
    assert!(!pane.state.several.asking);
    pane.act(Act::Untrack);
    assert_eq!(pane.act(Act::Fate(RecordFate::Delete)), [], "there is no way to delete several");
    let request = sent(&pane.act(Act::Fate(RecordFate::Keep)));
    assert_eq!(items(&request), ["A", "C"]);
    assert!(request.wishes.iter().all(|one| one.wish == Wish::Untrack { record: RecordFate::Keep }));
}

#[test]
fn cat_09_progress_comes_by_the_stream_and_older_news_changes_nothing() {
    let mut pane = Pane::of(UNTRACKED);
    let request = sent(&pane.act(Act::Track));
    pane.happen(Event::SeveralAnswered(request.wishes[0].id, Ok(accepted(&request))));
    assert!(pane.state.bulk.is_empty());
    pane.happen(Event::BriefStreamed(ItemBrief { version: 5, ..brief("B", Status::Tracked) }));
    pane.happen(Event::BriefStreamed(ItemBrief { version: 4, ..brief("B", Status::Tracking) }));
    pane.happen(Event::BriefStreamed(ItemBrief { version: 9, ..brief("Z", Status::Tracked) }));
    assert_eq!(pane.statuses(), [Status::Tracking, Status::Tracked, Status::Tracking]);
    let Remote::Here(states) = &pane.state.several.known else { panic!() };
    assert_eq!(Tally::of(states), Tally { tracked: 1, pending: 2, untracked: 0, failed: 0 });
}

#[test]
fn cat_09_one_that_was_not_accepted_stands_as_failed_with_its_reason() {
    let mut pane = Pane::of(UNTRACKED);
    let request = sent(&pane.act(Act::Track));
    let mut answer = accepted(&request);
    let words = shared::api::Words { title: "No room.".into(), remedy: "Make some.".into() };
    answer.answers[1].reception = Reception::Refused { code: Code::StoreFull, problem: words.clone() };
    pane.happen(Event::SeveralAnswered(request.wishes[0].id, Ok(answer)));
    let failed = Status::Failed { goal: Goal::Track, problem: Problem::new(Code::StoreFull) };
    assert_eq!(pane.statuses(), [Status::Tracking, failed, Status::Tracking]);
    let Remote::Here(states) = &pane.state.several.known else { panic!() };
    assert_eq!(states[1].problem, Some(words));
}

#[test]
fn cat_09_wishes_that_never_arrived_are_sent_again_as_the_same_wishes() {
    let mut pane = Pane::of(UNTRACKED);
    let request = sent(&pane.act(Act::Track));
    pane.happen(Event::SeveralAnswered(request.wishes[0].id, Err(Trouble::Offline)));
    assert_eq!(pane.state.bulk[0].progress, Progress::Stuck(Trouble::Offline));
    assert_eq!(sent(&pane.act(Act::Retry)), request);
    pane.happen(Event::SeveralAnswered(request.wishes[0].id, Err(Trouble::Offline)));
    assert_eq!(sent(&pane.happen(Event::Online)), request, "also by itself, when the network is back");
}

#[test]
fn cat_09_selecting_something_else_loses_no_wish_and_shows_nothing_late() {
    let mut pane = Pane::of(UNTRACKED);
    let request = sent(&pane.act(Act::Track));
    pane.happen(Event::Opened(message("A")));
    assert_eq!(pane.state.bulk.len(), 1);
    pane.happen(Event::SeveralLoaded(abc(), Ok(States { states: vec![] })));
    assert_eq!(pane.state.several.known, Remote::Absent);
    pane.happen(Event::SeveralAnswered(request.wishes[0].id, Ok(accepted(&request))));
    assert!(pane.state.bulk.is_empty());
}

#[test]
fn a_stream_that_was_opened_again_may_have_missed_something() {
    let mut pane = Pane::of(UNTRACKED);
    assert_eq!(pane.happen(Event::SeveralFollowed), []);
    assert_eq!(pane.happen(Event::SeveralFollowed), [Effect::LoadSeveral(abc())]);
}

#[test]
fn for_several_only_what_was_used_lately_is_suggested() {
    let mut pane = Pane::of(UNTRACKED);
    assert_eq!(pane.act(Act::OpenList), [Effect::Suggest(key("A"))]);
    let Suggestions { suggestions } = suggestions();
    pane.happen(Event::Suggested(key("A"), Ok(Suggestions { suggestions })));
    let offered = pane.state.several.picker.options();
    assert!(!offered.is_empty() && offered.iter().all(|one| one.because == Some(SuggestedBecause::Recent)));
}

// Conversations

fn around(following: Following) -> Event {
    let around = Surroundings { conversation: Some(following), names_differ: None };
    Event::LookedAround(key("A"), Ok(around))
}

#[test]
fn cat_11_the_whole_conversation_is_tracked_with_the_open_messages_regarding_record_and_followed() {
    let mut pane = Pane::over(message("A"));
    pane.happen(Event::Loaded(key("A"), Ok(tracked_regarding())));
    pane.happen(around(Following::Followed));
    let request =
        ConversationRequest { id: Uuid::from_u128(1), regarding: RegardingWish::Set(opportunity()) };
    assert_eq!(
        pane.act(Act::TrackThread),
        [Effect::TrackThread(key("A"), request), Effect::Focus(Spot::Thread)]
    );
    assert_eq!(pane.act(Act::TrackThread), [], "once");
    let states = vec![brief("A", Status::Tracked), brief("B", Status::Tracking)];
    let answer = ConversationTracked { states, more: false };
    let items = selection(&["A", "B"]).items;
    assert_eq!(
        pane.happen(Event::ThreadTracked(key("A"), Ok(answer))),
        [Effect::FollowSeveral(key("A").mailbox, items)]
    );
    pane.happen(Event::BriefStreamed(ItemBrief { version: 2, ..brief("B", Status::Tracked) }));
    let Remote::Here(thread) = &pane.state.item.thread else { panic!() };
    assert_eq!(Tally::of(&thread.states), Tally { tracked: 2, ..Tally::default() });
}

#[test]
fn inc_05_a_conversation_is_stopped_and_followed_again_and_a_refusal_changes_nothing() {
    let mut pane = Pane::over(message("A"));
    pane.happen(Event::Loaded(key("A"), Ok(tracked())));
    pane.happen(around(Following::Followed));
    let stands = |pane: &Pane| match &pane.state.item.around {
        Remote::Here(around) => around.conversation,
        other => panic!("{other:?}"),
    };
    let asked = pane.act(Act::FollowThread(Following::Stopped));
    assert_eq!(asked, [Effect::FollowThread(key("A"), Following::Stopped), Effect::Focus(Spot::Thread)]);
    assert_eq!(stands(&pane), Some(Following::Followed), "not before the service says so");
    pane.happen(Event::ThreadStands(key("A"), Ok(Following::Stopped)));
    assert_eq!(stands(&pane), Some(Following::Stopped));
    pane.act(Act::FollowThread(Following::Followed));
    pane.happen(Event::ThreadStands(key("A"), Err(Trouble::Offline)));
    assert_eq!(stands(&pane), Some(Following::Stopped));
    assert_eq!(pane.state.item.standing, Remote::Failed(Trouble::Offline));
}

// Folders

fn folder(id: &str) -> FolderId {
    FolderId(id.to_owned())
}

/// Signed in, with the folders shown.
fn with_folders() -> Pane {
    let mut pane = Pane::over(message("A"));
    assert_eq!(
        pane.act(Act::OpenFolders),
        [Effect::Focus(Spot::Status), Effect::LoadFolders, Effect::LoadMailbox]
    );
    pane.happen(Event::FoldersLoaded(Ok(folders())));
    pane
}

fn mapping(pane: &Pane, id: &str) -> Option<FolderMapping> {
    let screen = pane.state.folders.as_ref().expect("the folders are shown");
    let Remote::Here(known) = &screen.known else { panic!("{screen:?}") };
    known.folders.iter().find(|one| one.id == folder(id)).and_then(|one| one.mapping.clone())
}

#[test]
fn fld_01_a_folder_is_mapped_and_shown_as_such_once_the_service_says_so() {
    let mut pane = with_folders();
    let effects = pane.act(Act::MapFolder(folder("F3")));
    assert_eq!(effects[0], Effect::MapFolder(folder("F3"), Some(FolderMapping { regarding: None })));
    assert_eq!(mapping(&pane, "F3"), None);
    assert_eq!(pane.act(Act::UnmapFolder(folder("F1"))), [], "one after the other");
    let new = Folder {
        id: folder("F3"),
        name: "Newsletters".into(),
        depth: 0,
        mapping: Some(FolderMapping { regarding: None }),
    };
    pane.happen(Event::FolderMapped(folder("F3"), Ok(new)));
    assert_eq!(mapping(&pane, "F3"), Some(FolderMapping { regarding: None }));
}

#[test]
fn fld_01_a_folders_regarding_record_is_chosen_cleared_and_the_mapping_taken_away() {
    let mut pane = with_folders();
    assert_eq!(pane.act(Act::PickForFolder(folder("F1"))), [Effect::Focus(Spot::Field)]);
    pane.act(Act::Type("fab".into()));
    let chosen = record(Table::account(), 3, "Fabrikam, Inc.");
    let effects = pane.act(Act::Choose(chosen.clone()));
    assert_eq!(effects[0], Effect::MapFolder(folder("F1"), Some(FolderMapping { regarding: Some(chosen) })));
    assert_eq!(pane.state.folders.as_ref().map(|screen| screen.picking.clone()), Some(None));
    pane.happen(Event::FolderMapped(folder("F1"), Err(Trouble::Offline)));
    let effects = pane.act(Act::ClearFolder(folder("F2")));
    assert_eq!(effects[0], Effect::MapFolder(folder("F2"), Some(FolderMapping { regarding: None })));
    pane.happen(Event::FolderMapped(folder("F2"), Err(Trouble::Offline)));
    assert_eq!(pane.act(Act::UnmapFolder(folder("F2")))[0], Effect::MapFolder(folder("F2"), None));
}

#[test]
fn fld_01_what_the_service_refuses_is_told_and_nothing_changes() {
    let mut pane = with_folders();
    pane.act(Act::MapFolder(folder("F3")));
    let full = Trouble::from_problem(problem(Code::BadRequest, "At most 25 folders.", "Stop another one."));
    pane.happen(Event::FolderMapped(folder("F3"), Err(full.clone())));
    let screen = pane.state.folders.as_ref().expect("still shown");
    assert_eq!((screen.trouble.as_ref(), screen.changing.as_ref()), (Some(&full), None));
    assert_eq!(mapping(&pane, "F3"), None);
    assert_eq!(pane.act(Act::CloseFolders), [Effect::Focus(Spot::Status)]);
    assert_eq!(pane.state.folders, None);
}

#[test]
fn what_is_open_is_not_touched_while_the_folders_are_shown() {
    let mut pane = with_folders();
    pane.happen(Event::Loaded(key("A"), Ok(tracked())));
    pane.act(Act::PickForFolder(folder("F1")));
    pane.act(Act::Type("fab".into()));
    assert_eq!(pane.state.item.picker.term, "");
    pane.act(Act::CloseFolders);
    assert_eq!(pane.state.known().map(|known| &known.status), Some(&Status::Tracked));
}

#[test]
fn mbx_04_how_the_own_mailbox_stands_is_asked_for_with_the_folders_and_again_when_it_failed() {
    let mut pane = with_folders();
    pane.happen(Event::MailboxTold(Err(Trouble::Offline)));
    assert_eq!(pane.happen(Event::Online).last(), Some(&Effect::LoadMailbox), "the folders are here already");
    pane.happen(Event::MailboxTold(Ok(own_mailbox())));
    let screen = pane.state.folders.as_ref().expect("still shown");
    assert_eq!(screen.mailbox, Remote::Here(own_mailbox()));
    assert!(!pane.happen(Event::Online).contains(&Effect::LoadMailbox));
    assert!(pane.act(Act::Refresh).contains(&Effect::LoadMailbox));
    pane.act(Act::CloseFolders);
    pane.happen(Event::MailboxTold(Ok(own_mailbox())));
    assert_eq!(pane.state.folders, None, "a late answer opens nothing");
}

//! How the pane's state changes, event by event; runs natively.
#![cfg(not(target_arch = "wasm32"))]

mod fixtures;

use fixtures::*;
use frontend::host::{Answer, NoHost, Open};
use frontend::pane::event::{Act, Effect, Event, Key, SignIn, Spot};
use frontend::pane::state::{
    Asking, Place, Progress, Remote, Service, Session, Shown, SignedOut, State, Tenant, Trouble,
};
use frontend::pane::update::{Given, update};
use frontend::words::Words;
use shared::api::{ItemState, Suggestions, WishRequest};
use shared::item::SmtpAddress;
use shared::party::Chosen;
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
    fn new() -> Self {
        Self { state: State::new(), ids: 0 }
    }

    /// Signed in, with a message open of which the service told this state.
    fn with(known: ItemState) -> Self {
        let mut pane = Self::signed_in();
        pane.happen(Event::Loaded(key("A"), Ok(known)));
        pane
    }

    /// Signed in, with a message open that is being looked at.
    fn signed_in() -> Self {
        let mut pane = Self::new();
        for event in [
            Event::Started,
            Event::Configured(Ok(config())),
            Event::HostReady(Ok(())),
            Event::Opened(message("A")),
            Event::SignedIn(Ok(())),
        ] {
            pane.happen(event);
        }
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
}

fn sent(effects: &[Effect]) -> Vec<WishRequest> {
    let request = |effect: &Effect| match effect {
        Effect::Send(_, request) => Some(request.clone()),
        _ => None,
    };
    effects.iter().filter_map(request).collect()
}

/// What is asked of the service when a message is opened.
fn reads(item: &str) -> Vec<Effect> {
    let key = key(item);
    vec![Effect::Load(key.clone()), Effect::Follow(key.clone()), Effect::LookAround(key)]
}

fn track(regarding: RegardingWish) -> Wish {
    Wish::Track { regarding }
}

fn version(version: u64, state: ItemState) -> ItemState {
    ItemState { version, ..state }
}

fn signed_out() -> Trouble {
    Trouble::SignedOut { why: SignedOut::NotYet, claims: None }
}

// Starting

#[test]
fn starting_asks_for_outlook_and_the_configuration_at_once() {
    assert_eq!(Pane::new().happen(Event::Started), [Effect::AwaitHost, Effect::Configure]);
}

#[test]
fn signing_in_begins_as_soon_as_outlook_and_configuration_are_there_in_either_order() {
    let silent = Effect::SignIn(SignIn::Silent);
    let mut pane = Pane::new();
    pane.happen(Event::Configured(Ok(config())));
    assert_eq!(pane.happen(Event::HostReady(Ok(()))), [Effect::WatchHost, silent.clone()]);

    let mut pane = Pane::new();
    assert_eq!(pane.happen(Event::HostReady(Ok(()))), [Effect::WatchHost]);
    assert_eq!(pane.happen(Event::Opened(message("A"))), []);
    assert_eq!(pane.happen(Event::Configured(Ok(config()))), [silent]);
}

#[test]
fn the_message_is_read_and_followed_once_somebody_is_signed_in() {
    let mut pane = Pane::new();
    pane.happen(Event::Configured(Ok(config())));
    pane.happen(Event::HostReady(Ok(())));
    pane.happen(Event::Opened(message("A")));
    assert_eq!(pane.happen(Event::SignedIn(Ok(()))), reads("A"));
    assert_eq!(pane.state.shown(), Shown::Loading);
}

#[test]
fn outside_of_outlook_nobody_is_asked_to_sign_in() {
    let mut pane = Pane::new();
    pane.happen(Event::Configured(Ok(config())));
    assert_eq!(pane.happen(Event::HostReady(Err(NoHost::OutsideOutlook))), []);
    assert_eq!(pane.state.place, Place::NoHost(NoHost::OutsideOutlook));
}

#[test]
fn a_sandbox_is_known_as_one() {
    let mut pane = Pane::new();
    pane.happen(Event::Configured(Ok(shared::api::Config { sandbox: true, ..config() })));
    assert_eq!(pane.state.service, Service::Ready { sandbox: Tenant::Sandbox });
}

#[test]
fn a_service_that_cannot_be_reached_is_asked_again_when_the_network_is_back() {
    let mut pane = Pane::new();
    pane.happen(Event::HostReady(Ok(())));
    pane.happen(Event::Opened(message("A")));
    pane.happen(Event::Configured(Err(Trouble::Offline)));
    assert_eq!(pane.happen(Event::Online), [Effect::Configure]);
    assert_eq!(pane.happen(Event::Configured(Ok(config()))), [Effect::SignIn(SignIn::Silent)]);
}

#[test]
fn a_sign_in_service_out_of_reach_signs_nobody_out() {
    let mut pane = Pane::new();
    pane.happen(Event::Configured(Ok(config())));
    pane.happen(Event::HostReady(Ok(())));
    pane.happen(Event::Opened(message("A")));
    pane.happen(Event::SignedIn(Err(Trouble::Offline)));
    assert_eq!(pane.state.service, Service::Unreachable(Trouble::Offline));
    assert_eq!(pane.act(Act::Refresh), [Effect::Configure]);
    assert_eq!(pane.happen(Event::Configured(Ok(config()))), [Effect::SignIn(SignIn::Silent)]);
}

// Signing in

#[test]
fn who_is_signed_out_is_asked_and_then_goes_on() {
    let mut pane = Pane::new();
    pane.happen(Event::Configured(Ok(config())));
    pane.happen(Event::HostReady(Ok(())));
    pane.happen(Event::Opened(message("A")));
    pane.happen(Event::SignedIn(Err(signed_out())));
    assert_eq!(pane.state.session, Session::SignedOut { why: SignedOut::NotYet, claims: None });
    assert_eq!(pane.act(Act::SignIn), [Effect::SignIn(SignIn::InWindow { claims: None })]);
    assert_eq!(pane.happen(Event::SignedIn(Ok(()))), reads("A"));
}

#[test]
fn closing_the_sign_in_window_leaves_the_button() {
    let mut pane = Pane::signed_in();
    pane.act(Act::SignIn);
    pane.happen(Event::SignedIn(Err(Trouble::SignedOut { why: SignedOut::Cancelled, claims: None })));
    assert!(matches!(pane.state.session, Session::SignedOut { why: SignedOut::Cancelled, .. }));
}

#[test]
fn a_claims_challenge_is_handed_to_the_next_sign_in() {
    let mut pane = Pane::signed_in();
    let mut challenge = problem(Code::InteractionRequired, "Confirm who you are.", "Sign in again.");
    challenge.claims = Some("{\"access_token\":{}}".into());
    pane.happen(Event::Loaded(key("A"), Err(Trouble::from_problem(challenge))));
    assert!(matches!(pane.state.session, Session::SignedOut { why: SignedOut::Challenged, .. }));
    let claims = Some("{\"access_token\":{}}".to_owned());
    assert_eq!(pane.act(Act::SignIn), [Effect::SignIn(SignIn::InWindow { claims })]);
}

#[test]
fn a_wish_that_met_a_challenge_is_sent_again_after_signing_in_as_the_same_wish() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let first = sent(&pane.act(Act::Track));
    pane.happen(Event::Answered(first[0].id, Err(signed_out())));
    pane.act(Act::SignIn);
    assert_eq!(sent(&pane.happen(Event::SignedIn(Ok(())))), first);
}

// The open item

#[test]
fn another_item_starts_anew_and_ends_the_former_stream() {
    let mut pane = Pane::with(tracked());
    let effects = pane.happen(Event::Opened(message("B")));
    assert_eq!(effects, [vec![Effect::Unfollow], reads("B")].concat());
    assert_eq!(pane.state.shown(), Shown::Loading);
}

#[test]
fn the_same_item_told_twice_changes_nothing() {
    let mut pane = Pane::with(tracked());
    assert_eq!(pane.happen(Event::Opened(message("A"))), []);
    assert!(pane.state.known().is_some());
}

#[test]
fn nothing_a_draft_and_an_appointment_are_not_asked_about() {
    for open in [Open::Nothing, Open::Draft, Open::Appointment] {
        let mut pane = Pane::with(tracked());
        assert_eq!(pane.happen(Event::Opened(open)), [Effect::Unfollow]);
        assert_eq!(pane.act(Act::Track), []);
    }
}

#[test]
fn a_late_answer_about_the_former_item_changes_nothing() {
    let mut pane = Pane::signed_in();
    pane.happen(Event::Opened(message("B")));
    pane.happen(Event::Loaded(key("A"), Ok(tracked())));
    pane.happen(Event::Streamed(key("A"), tracked()));
    pane.happen(Event::Loaded(key("A"), Err(Trouble::Offline)));
    pane.happen(Event::Suggested(key("A"), Ok(suggestions())));
    assert_eq!(pane.state.shown(), Shown::Loading);
    assert_eq!(pane.state.item.picker.suggestions, Remote::Absent);
}

#[test]
fn the_same_id_in_another_mailbox_is_another_item() {
    let mut pane = Pane::with(tracked());
    let mut other = key("A");
    other.mailbox = SmtpAddress::new("team@contoso.com");
    pane.happen(Event::Streamed(other, version(9, state(Status::NotTracked))));
    assert_eq!(pane.state.known(), Some(&tracked()));
}

#[test]
fn older_states_are_dropped_wherever_they_come_from() {
    let mut pane = Pane::with(version(5, tracked()));
    pane.happen(Event::Streamed(key("A"), version(4, state(Status::Tracking))));
    pane.happen(Event::Loaded(key("A"), Ok(version(3, state(Status::NotTracked)))));
    assert_eq!(pane.state.known().unwrap().version, 5);
    pane.happen(Event::Streamed(key("A"), version(6, state(Status::RecordGone))));
    assert_eq!(pane.state.known().unwrap().status, Status::RecordGone);
}

#[test]
fn a_service_that_was_restarted_may_count_from_the_beginning() {
    let mut pane = Pane::with(version(50, state(Status::Tracking)));
    pane.happen(Event::StreamOpened(key("A")));
    pane.happen(Event::Streamed(key("A"), version(1, tracked())));
    assert_eq!(pane.state.known().unwrap().status, Status::Tracked);
}

#[test]
fn what_is_known_stays_while_the_network_is_gone_but_not_when_the_service_denies_it() {
    let mut pane = Pane::with(tracked());
    pane.happen(Event::Loaded(key("A"), Err(Trouble::Offline)));
    assert!(pane.state.known().is_some());
    let gone = problem(Code::MessageGone, "The message is gone.", "Look for it.");
    pane.happen(Event::Loaded(key("A"), Err(Trouble::from_problem(gone))));
    assert!(matches!(pane.state.shown(), Shown::Failed(Trouble::Problem(_))));
}

#[test]
fn a_state_that_could_not_be_read_is_read_again_on_demand() {
    let mut pane = Pane::signed_in();
    pane.happen(Event::Loaded(key("A"), Err(Trouble::Offline)));
    assert_eq!(pane.act(Act::Refresh), &reads("A")[..2], "what is around it is being looked at already");
    assert_eq!(pane.state.shown(), Shown::Loading);
}

// Wishes

#[test]
fn tracking_sends_one_wish_and_says_so_until_it_is_answered() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let wishes = sent(&pane.act(Act::Track));
    assert_eq!(wishes, [WishRequest { id: Uuid::from_u128(1), wish: track(RegardingWish::Keep) }]);
    assert_eq!(pane.state.shown(), Shown::Sending(&wishes[0].wish));
    pane.happen(Event::Answered(wishes[0].id, Ok(version(2, tracked()))));
    assert_eq!(pane.state.shown(), Shown::Is(&version(2, tracked())));
    assert_eq!(pane.state.outbox, []);
}

#[test]
fn a_doubled_click_is_one_wish() {
    let mut pane = Pane::with(state(Status::NotTracked));
    assert_eq!(sent(&pane.act(Act::Track)).len(), 1);
    assert_eq!(pane.act(Act::Track), []);
    assert_eq!(pane.act(Act::Choose(opportunity())), []);
    assert_eq!(pane.ids, 1);
}

#[test]
fn while_the_service_carries_out_a_wish_no_other_is_sent() {
    for status in [Status::Tracking, Status::Untracking] {
        let mut pane = Pane::with(state(status));
        assert_eq!(pane.act(Act::Track), []);
        assert_eq!(pane.act(Act::Untrack), []);
    }
}

#[test]
fn tracked_is_never_shown_before_the_service_said_so() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let wish = &sent(&pane.act(Act::Track))[0];
    pane.happen(Event::Answered(wish.id, Ok(version(2, state(Status::Tracking)))));
    assert_eq!(pane.state.known().unwrap().status, Status::Tracking);
    assert!(pane.state.is_busy());
    pane.happen(Event::Streamed(key("A"), version(3, tracked())));
    assert_eq!(pane.state.known().unwrap().status, Status::Tracked);
    assert!(!pane.state.is_busy());
}

#[test]
fn the_stream_may_be_faster_than_the_answer() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let wish = &sent(&pane.act(Act::Track))[0];
    pane.happen(Event::Streamed(key("A"), version(3, tracked())));
    pane.happen(Event::Answered(wish.id, Ok(version(2, state(Status::Tracking)))));
    assert_eq!(pane.state.shown(), Shown::Is(&version(3, tracked())));
}

#[test]
fn a_wish_that_did_not_arrive_is_sent_again_under_its_own_id() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let first = sent(&pane.act(Act::Track));
    pane.happen(Event::Answered(first[0].id, Err(Trouble::Offline)));
    assert_eq!(pane.state.shown(), Shown::Stuck(&Trouble::Offline));
    assert_eq!(sent(&pane.act(Act::Retry)), first);
    pane.happen(Event::Answered(first[0].id, Err(Trouble::Offline)));
    assert_eq!(sent(&pane.happen(Event::Online)), first);
    pane.happen(Event::Answered(first[0].id, Ok(version(2, tracked()))));
    assert!(pane.state.outbox.is_empty());
}

#[test]
fn a_wish_that_the_service_refused_is_not_repeated_by_itself() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let first = sent(&pane.act(Act::Track));
    let full = Trouble::from_problem(problem(Code::StoreFull, "The disk is full.", "Try again later."));
    pane.happen(Event::Answered(first[0].id, Err(full.clone())));
    assert_eq!(sent(&pane.happen(Event::Online)), []);
    assert_eq!(pane.state.shown(), Shown::Stuck(&full));
    assert_eq!(sent(&pane.act(Act::Retry)), first);
}

#[test]
fn an_answer_to_no_known_wish_changes_nothing() {
    let mut pane = Pane::with(state(Status::NotTracked));
    pane.happen(Event::Answered(Uuid::from_u128(77), Ok(version(9, tracked()))));
    assert_eq!(pane.state.known().unwrap().status, Status::NotTracked);
}

#[test]
fn an_item_that_was_left_mid_flight_keeps_its_wish() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let wish = sent(&pane.act(Act::Track));
    pane.happen(Event::Opened(message("B")));
    pane.happen(Event::Loaded(key("B"), Ok(state(Status::NotTracked))));
    assert!(!pane.state.is_busy(), "the other item can be tracked at once");
    let other = sent(&pane.act(Act::Track));
    assert_ne!(wish[0].id, other[0].id);

    pane.happen(Event::Answered(wish[0].id, Err(Trouble::Offline)));
    assert_eq!(pane.state.shown(), Shown::Sending(&other[0].wish), "what failed elsewhere is not shown here");

    pane.happen(Event::Opened(message("A")));
    assert_eq!(pane.state.shown(), Shown::Stuck(&Trouble::Offline));
    assert_eq!(sent(&pane.act(Act::Retry)), wish);
}

#[test]
fn an_answer_for_the_item_that_was_left_settles_its_wish_and_is_not_shown() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let wish = sent(&pane.act(Act::Track));
    pane.happen(Event::Opened(message("B")));
    pane.happen(Event::Answered(wish[0].id, Ok(version(9, tracked()))));
    assert!(pane.state.outbox.is_empty());
    assert_eq!(pane.state.shown(), Shown::Loading);
}

#[test]
fn a_refused_wish_is_tried_again_as_a_new_one_with_its_regarding_record() {
    let mut pane = Pane::with(waiting());
    let again = sent(&pane.act(Act::Retry));
    assert_eq!(
        again,
        [WishRequest { id: Uuid::from_u128(1), wish: track(RegardingWish::Set(opportunity())) }]
    );
}

#[test]
fn without_a_wish_there_is_nothing_to_try_again() {
    let mut pane = Pane::with(ItemState { wish: None, ..failed() });
    assert_eq!(pane.state.repeatable(), None);
    assert_eq!(pane.act(Act::Retry), []);
}

#[test]
fn a_deleted_record_can_be_tracked_again_or_untracked_without_a_question() {
    let mut pane = Pane::with(state(Status::RecordGone));
    assert_eq!(sent(&pane.act(Act::Track))[0].wish, track(RegardingWish::Keep));
    let mut pane = Pane::with(state(Status::RecordGone));
    assert_eq!(sent(&pane.act(Act::Untrack))[0].wish, Wish::Untrack { record: RecordFate::Keep });
}

#[test]
fn clearing_the_regarding_record_is_a_wish() {
    let mut pane = Pane::with(tracked_regarding());
    assert_eq!(sent(&pane.act(Act::ClearRegarding))[0].wish, track(RegardingWish::Clear));
}

// Untracking

#[test]
fn untracking_asks_when_there_is_a_record() {
    let mut pane = Pane::with(tracked());
    assert_eq!(pane.act(Act::Untrack), [Effect::Focus(Spot::Question)]);
    assert_eq!(pane.state.item.asking, Some(Asking::Choices));
    assert_eq!(
        sent(&pane.act(Act::Fate(RecordFate::Keep)))[0].wish,
        Wish::Untrack { record: RecordFate::Keep }
    );
    assert_eq!(pane.state.item.asking, None);
}

#[test]
fn deleting_is_confirmed_in_a_window_that_names_the_consequences() {
    let mut pane = Pane::with(tracked());
    pane.act(Act::Untrack);
    let effects = pane.act(Act::Fate(RecordFate::Delete));
    let [Effect::Ask(asked, question)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(*asked, key("A"));
    assert!(question.lines.contains(&"CRM: the email is deleted, for everybody.".to_owned()));
    let wishes = sent(&pane.happen(Event::Confirmed(key("A"), Answer::Yes)));
    assert_eq!(wishes[0].wish, Wish::Untrack { record: RecordFate::Delete });
}

#[test]
fn saying_no_in_the_window_deletes_nothing() {
    let mut pane = Pane::with(tracked());
    pane.act(Act::Untrack);
    pane.act(Act::Fate(RecordFate::Delete));
    assert_eq!(sent(&pane.happen(Event::Confirmed(key("A"), Answer::No))), []);
    assert_eq!(pane.state.item.asking, Some(Asking::Choices));
}

#[test]
fn where_there_are_no_windows_the_pane_asks() {
    let mut pane = Pane::with(tracked());
    pane.act(Act::Untrack);
    pane.act(Act::Fate(RecordFate::Delete));
    assert_eq!(sent(&pane.happen(Event::Confirmed(key("A"), Answer::NoWindow))), []);
    assert_eq!(pane.state.item.asking, Some(Asking::InPane));
    assert_eq!(sent(&pane.act(Act::ConfirmDelete))[0].wish, Wish::Untrack { record: RecordFate::Delete });
}

#[test]
fn a_yes_that_nobody_was_asked_for_deletes_nothing() {
    let mut pane = Pane::with(tracked());
    assert_eq!(pane.happen(Event::Confirmed(key("A"), Answer::Yes)), []);
    assert_eq!(pane.act(Act::ConfirmDelete), []);
    pane.act(Act::Untrack);
    assert_eq!(pane.act(Act::ConfirmDelete), [], "the choices are no confirmation");
}

#[test]
fn a_yes_about_an_item_that_was_left_deletes_nothing() {
    let mut pane = Pane::with(tracked());
    pane.act(Act::Untrack);
    pane.act(Act::Fate(RecordFate::Delete));
    pane.happen(Event::Opened(message("B")));
    pane.happen(Event::Loaded(key("B"), Ok(tracked())));
    assert_eq!(pane.happen(Event::Confirmed(key("A"), Answer::Yes)), []);
}

#[test]
fn a_choice_that_is_refused_is_not_asked_about() {
    let refused = ItemState { untrack: choices(Some(no_delete_right())), ..tracked() };
    let mut pane = Pane::with(refused);
    pane.act(Act::Untrack);
    assert_eq!(pane.act(Act::Fate(RecordFate::Delete)), []);
}

#[test]
fn a_delete_that_is_refused_while_the_window_is_open_is_not_sent() {
    let mut pane = Pane::with(tracked());
    pane.act(Act::Untrack);
    pane.act(Act::Fate(RecordFate::Delete));
    let refused = ItemState { untrack: choices(Some(no_delete_right())), ..tracked() };
    pane.happen(Event::Streamed(key("A"), version(2, refused)));
    assert_eq!(pane.happen(Event::Confirmed(key("A"), Answer::Yes)), []);
}

#[test]
fn a_question_goes_away_when_there_is_nothing_to_untrack_any_more() {
    let mut pane = Pane::with(tracked());
    pane.act(Act::Untrack);
    pane.happen(Event::Streamed(key("A"), version(2, state(Status::NotTracked))));
    assert_eq!(pane.state.item.asking, None);
}

#[test]
fn cancelling_leaves_everything_as_it_is() {
    let mut pane = Pane::with(tracked());
    pane.act(Act::Untrack);
    assert_eq!(pane.act(Act::Cancel), [Effect::Focus(Spot::Status)]);
    assert_eq!(pane.state.item.asking, None);
    assert_eq!(pane.state.known(), Some(&tracked()));
}

#[test]
fn trying_a_failed_delete_again_asks_again() {
    let known = ItemState {
        wish: Some(Wish::Untrack { record: RecordFate::Delete }),
        status: Status::Failed { goal: Goal::Untrack, problem: Problem::new(Code::CrmRefused) },
        ..tracked()
    };
    let mut pane = Pane::with(known);
    assert_eq!(sent(&pane.act(Act::Retry)), []);
    assert_eq!(pane.state.item.asking, Some(Asking::Choices));
}

// The combobox

fn names(pane: &Pane) -> Vec<&str> {
    pane.state.item.picker.options().iter().map(|choice| choice.record.name.as_str()).collect()
}

/// A pane whose combobox shows the suggestions.
fn suggesting() -> Pane {
    let mut pane = Pane::with(state(Status::NotTracked));
    pane.act(Act::OpenList);
    pane.happen(Event::Suggested(key("A"), Ok(suggestions())));
    pane
}

#[test]
fn opening_the_list_asks_for_suggestions_once() {
    let mut pane = Pane::with(state(Status::NotTracked));
    assert_eq!(pane.act(Act::OpenList), [Effect::Suggest(key("A"))]);
    assert_eq!(pane.act(Act::OpenList), []);
    pane.happen(Event::Suggested(key("A"), Ok(suggestions())));
    assert_eq!(pane.act(Act::OpenList), []);
}

#[test]
fn suggestions_that_failed_are_asked_for_again() {
    let mut pane = Pane::with(state(Status::NotTracked));
    pane.act(Act::OpenList);
    pane.happen(Event::Suggested(key("A"), Err(Trouble::Offline)));
    assert_eq!(pane.act(Act::OpenList), [Effect::Suggest(key("A"))]);
}

#[test]
fn suggestions_come_in_groups_correspondents_first() {
    let expected = ["Grace Hopper", "12 pumps for Fabrikam’s Lyon plant", "Pump leaks", "Northwind Traders"];
    assert_eq!(names(&suggesting()), expected);
}

#[test]
fn no_suggestions_are_an_empty_list() {
    let mut pane = Pane::with(state(Status::NotTracked));
    pane.act(Act::OpenList);
    pane.happen(Event::Suggested(key("A"), Ok(Suggestions { suggestions: vec![] })));
    assert_eq!(names(&pane), [""; 0]);
    pane.act(Act::Press(Key::Down));
    assert_eq!(pane.state.item.picker.marked, None);
}

/// Types a term and gives the number of its search.
fn type_in(pane: &mut Pane, term: &str) -> u32 {
    let effects = pane.act(Act::Type(term.to_owned()));
    let [Effect::Pause(number)] = effects.as_slice() else { panic!("{effects:?}") };
    *number
}

#[test]
fn a_search_waits_until_typing_rests() {
    let mut pane = suggesting();
    let first = type_in(&mut pane, "fa");
    let second = type_in(&mut pane, "fab");
    assert_eq!(pane.happen(Event::Paused(first)), []);
    assert_eq!(pane.happen(Event::Paused(second)), [Effect::Search(second, "fab".into())]);
}

#[test]
fn a_single_letter_is_not_searched_for() {
    let mut pane = suggesting();
    assert_eq!(pane.act(Act::Type(" f ".into())), []);
    assert_eq!(names(&pane).len(), 4, "the suggestions stay");
}

#[test]
fn late_results_of_an_older_term_are_dropped() {
    let mut pane = suggesting();
    let first = type_in(&mut pane, "fa");
    pane.happen(Event::Paused(first));
    let second = type_in(&mut pane, "fab");
    pane.happen(Event::Paused(second));
    pane.happen(Event::Found(second, Ok(found(&["Fabrikam"]))));
    pane.happen(Event::Found(first, Ok(found(&["Fawlty Towers"]))));
    assert_eq!(names(&pane), ["Fabrikam"]);
}

#[test]
fn results_that_come_after_the_field_was_emptied_are_dropped() {
    let mut pane = suggesting();
    let number = type_in(&mut pane, "fab");
    pane.happen(Event::Paused(number));
    pane.act(Act::Type(String::new()));
    pane.happen(Event::Found(number, Ok(found(&["Fabrikam"]))));
    assert_eq!(names(&pane).len(), 4);
}

#[test]
fn results_for_the_item_that_was_left_are_dropped() {
    let mut pane = suggesting();
    let number = type_in(&mut pane, "fab");
    pane.happen(Event::Paused(number));
    pane.happen(Event::Opened(message("B")));
    pane.happen(Event::Found(number, Ok(found(&["Fabrikam"]))));
    assert_eq!(pane.state.item.picker.found, Remote::Absent);
}

#[test]
fn a_very_long_term_is_cut() {
    let mut pane = suggesting();
    pane.act(Act::Type("ä".repeat(500)));
    assert_eq!(pane.state.item.picker.term.chars().count(), shared::api::SEARCH_MAX_CHARS);
}

#[test]
fn arrows_walk_around_the_list() {
    let mut pane = suggesting();
    let mut press = |key| {
        let effects = pane.act(Act::Press(key));
        assert_eq!(effects, [Effect::Reveal(pane.state.item.picker.marked.unwrap())]);
        pane.state.item.picker.marked
    };
    assert_eq!(press(Key::Down), Some(0));
    assert_eq!(press(Key::Up), Some(3));
    assert_eq!(press(Key::Down), Some(0));
    assert_eq!(press(Key::Down), Some(1));
}

#[test]
fn the_first_arrow_up_marks_the_last_option() {
    let mut pane = suggesting();
    pane.act(Act::Press(Key::Up));
    assert_eq!(pane.state.item.picker.marked, Some(3));
}

#[test]
fn enter_takes_the_marked_option_and_nothing_else() {
    let mut pane = suggesting();
    assert_eq!(pane.act(Act::Press(Key::Enter)), []);
    pane.act(Act::Press(Key::Down));
    pane.act(Act::Press(Key::Down));
    let wishes = sent(&pane.act(Act::Press(Key::Enter)));
    assert_eq!(wishes[0].wish, track(RegardingWish::Set(opportunity())));
    assert!(!pane.state.item.picker.open);
}

#[test]
fn typing_takes_the_mark_away() {
    let mut pane = suggesting();
    pane.act(Act::Press(Key::Down));
    pane.act(Act::Type("fa".into()));
    assert_eq!(pane.act(Act::Press(Key::Enter)), []);
}

#[test]
fn escape_closes_the_list_then_empties_the_field_then_leaves_it() {
    let mut pane = Pane::with(tracked_regarding());
    assert_eq!(pane.act(Act::Change), [Effect::Focus(Spot::Field)]);
    pane.act(Act::Type("fab".into()));
    pane.act(Act::Press(Key::Escape));
    assert!(!pane.state.item.picker.open);
    assert_eq!(pane.state.item.picker.term, "fab");
    pane.act(Act::Press(Key::Escape));
    assert_eq!(pane.state.item.picker.term, "");
    assert!(pane.state.item.picker.changing);
    assert_eq!(pane.act(Act::Press(Key::Escape)), [Effect::Focus(Spot::Status)]);
    assert!(!pane.state.item.picker.changing);
}

#[test]
fn leaving_the_field_closes_the_list() {
    let mut pane = suggesting();
    pane.act(Act::CloseList);
    assert!(!pane.state.item.picker.open);
    assert_eq!(pane.act(Act::Press(Key::Down)), []);
    assert!(pane.state.item.picker.open, "the arrow opens it again");
}

#[test]
fn a_stuck_wish_gives_way_to_a_new_one() {
    let mut pane = Pane::with(tracked_regarding());
    let first = sent(&pane.act(Act::ClearRegarding));
    pane.happen(Event::Answered(first[0].id, Err(Trouble::Offline)));
    let second = sent(&pane.act(Act::Choose(opportunity())));
    assert_ne!(first[0].id, second[0].id);
    assert_eq!(pane.state.outbox.len(), 1);
    assert_eq!(pane.state.outbox[0].progress, Progress::Sending);
}

#[test]
fn people_stay_on_the_screen_while_the_service_works_without_having_looked_at_them_again() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let working = ItemState { version: 9, people: vec![], ..state(Status::Tracking) };
    pane.happen(Event::Streamed(key("A"), working));
    let known = pane.state.known().unwrap();
    assert_eq!((&known.status, &known.people), (&Status::Tracking, &people()));
}

#[test]
fn ppl_03_a_choice_is_sent_and_the_answer_is_what_is_shown() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let chosen = Chosen {
        address: SmtpAddress::new("maeve@ohara.example"),
        record: record(Table::contact(), 12, "").key,
    };
    let asked = [Effect::ChoosePerson(key("A"), chosen.clone()), Effect::Focus(Spot::Status)];
    assert_eq!(pane.act(Act::ChoosePerson(chosen)), asked);
}

#[test]
fn ppl_04_a_contact_is_added_under_the_name_that_stands_in_the_field() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let address = SmtpAddress::new("somebody@example.org");
    let add = Act::AddPerson(address.clone(), "Unknown".into());
    assert_eq!(pane.act(add.clone()), [Effect::Focus(Spot::Name)]);
    assert_eq!(pane.act(Act::Type(" ".into())), []);
    assert_eq!(pane.act(Act::ConfirmContact), [], "not without a name");
    pane.act(Act::Type("Greta Lindqvist".into()));
    let effects = pane.act(Act::ConfirmContact);
    let Effect::Send(_, request) = &effects[0] else { panic!("{effects:?}") };
    let Wish::Track { regarding: RegardingWish::Create(contact) } = &request.wish else {
        panic!("{request:?}")
    };
    assert_eq!((&contact.address, contact.name.as_str()), (&address, "Greta Lindqvist"));
    assert_ne!(contact.id, request.id);
    assert_eq!(pane.state.item.adding, None);
    assert_eq!(pane.act(Act::ConfirmContact), [], "one click, one wish");
}

#[test]
fn ppl_04_adding_ends_without_an_answer_or_when_another_field_is_used() {
    let mut pane = Pane::with(state(Status::NotTracked));
    let add = Act::AddPerson(SmtpAddress::new("somebody@example.org"), "Unknown".into());
    for otherwise in [Act::Cancel, Act::OpenList] {
        pane.act(add.clone());
        pane.act(otherwise);
        assert_eq!(pane.state.item.adding, None);
    }
    pane.act(add);
    pane.happen(Event::Opened(message("B")));
    assert_eq!(pane.state.item.adding, None, "it belonged to the other message");
}

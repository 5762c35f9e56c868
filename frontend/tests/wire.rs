//! The pane reads and writes the API's types exactly as serde, and so the service, does.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "what a test misses fails it")]

mod fixtures;

use fixtures::states::all;
use fixtures::*;
use frontend::wire::{
    FromWire, chosen, conversation_request, folder_mapping, standing, states_request, wish_request,
    wishes_request,
};
use js_sys::JSON;
use serde::Serialize;
use shared::RuleId;
use shared::api::*;
use shared::item::{ItemId, SmtpAddress};
use shared::party::{Chosen, NewContact, Role};
use shared::problem::{Code, Problem};
use shared::regarding::Table;
use shared::status::{Goal, Status};
use shared::wish::{RecordFate, RegardingWish, Wish};
use std::fmt::Debug;
use uuid::Uuid;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

fn is_read_back<T: Serialize + FromWire + PartialEq + Debug>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(T::from_wire(&JSON::parse(&json).unwrap()).as_ref(), Some(value), "{json}");
}

#[wasm_bindgen_test]
fn every_state_of_an_item_is_read_as_it_was_written() {
    for (_, state) in all() {
        if let Some(known) = state.known() {
            is_read_back(known);
        }
    }
    let mut waiting = waiting();
    waiting.status = Status::Waiting {
        goal: Goal::Untrack,
        problem: Problem::new(Code::CrmThrottled)
            .because("reason", "\"quoted\" \u{1F600}")
            .retry_after_ms(Some(1_500)),
        next_attempt: shared::UtcMs(-1),
    };
    is_read_back(&waiting);
}

#[wasm_bindgen_test]
fn every_code_rule_role_and_reason_is_known_by_its_name() {
    Code::ALL.iter().for_each(is_read_back);
    RuleId::ALL.iter().for_each(is_read_back);
    for role in [Role::From, Role::To, Role::Cc, Role::Bcc] {
        is_read_back(&person(role, "", "a@b.example", vec![]));
    }
    is_read_back(&suggestions());
}

#[wasm_bindgen_test]
fn all_other_answers_are_read_as_they_were_written() {
    is_read_back(&config());
    is_read_back(&Config { sandbox: true, ..config() });
    is_read_back(&Records { more: true, ..found(&["A", "<b>"]) });
    let mut details = problem(Code::InteractionRequired, "Title", "Remedy");
    is_read_back(&details);
    details.claims = Some("{}".into());
    details.retry_after_s = Some(30);
    is_read_back(&details);
}

#[wasm_bindgen_test]
fn what_is_told_of_several_of_conversations_and_of_folders_is_read_as_it_was_written() {
    let mut refused = brief("A", failed().status);
    refused.problem = failed().problem;
    is_read_back(&States { states: vec![brief("B", Status::Tracked), refused] });
    let problem = Words { title: "<b>".into(), remedy: String::new() };
    let receptions =
        [Reception::Accepted, Reception::Taken, Reception::Refused { code: Code::StoreFull, problem }];
    let item = ItemId("A".into());
    let answers =
        receptions.map(|reception| WishAnswer { id: Uuid::from_u128(7), item: item.clone(), reception });
    is_read_back(&WishesAnswer { answers: answers.to_vec() });
    for following in [Following::Followed, Following::Stopped] {
        is_read_back(&ConversationStanding { following });
        is_read_back(&Surroundings { conversation: Some(following), names_differ: None });
        let json = String::from(JSON::stringify(&standing(following)).unwrap());
        assert_eq!(serde_json::from_str::<ConversationStanding>(&json).unwrap().following, following);
    }
    is_read_back(&Surroundings {
        conversation: None, names_differ: Some(why(RuleId::Cat26, "“A”, “B”"))
    });
    is_read_back(&ConversationTracked { states: vec![], more: true });
    is_read_back(&folders());
    is_read_back(&own_mailbox());
    is_read_back(&Folders { idle: Some(why(RuleId::Cfg02, "Off")), ..folders() });
}

#[wasm_bindgen_test]
fn what_is_asked_of_several_of_conversations_and_of_folders_is_written_as_the_service_reads_it() {
    let json = |value| String::from(JSON::stringify(&value).unwrap());
    let items = selection(&["A", "b-_="]).items;
    let read: StatesRequest = serde_json::from_str(&json(states_request(&items))).unwrap();
    assert_eq!(read, StatesRequest { items });
    let request = wishes(&["A", "B"]);
    assert_eq!(serde_json::from_str::<WishesRequest>(&json(wishes_request(&request))).unwrap(), request);
    for regarding in [RegardingWish::Keep, RegardingWish::Set(opportunity())] {
        let request = ConversationRequest { id: Uuid::from_u128(42), regarding };
        let text = json(conversation_request(&request));
        assert_eq!(serde_json::from_str::<ConversationRequest>(&text).unwrap(), request);
    }
    let choice = Chosen { address: SmtpAddress::new("a@b.example"), record: opportunity().key };
    assert_eq!(serde_json::from_str::<Chosen>(&json(chosen(&choice))).unwrap(), choice);
    for regarding in [None, Some(opportunity())] {
        let mapping = FolderMapping { regarding };
        assert_eq!(serde_json::from_str::<FolderMapping>(&json(folder_mapping(&mapping))).unwrap(), mapping);
    }
}

#[wasm_bindgen_test]
fn every_wish_is_written_as_the_service_reads_it() {
    let hostile = record(Table::account(), 3, "\"}</script>\u{2028}");
    let wishes = [
        Wish::Track { regarding: RegardingWish::Keep },
        Wish::Track { regarding: RegardingWish::Clear },
        Wish::Track { regarding: RegardingWish::Set(hostile) },
        Wish::Track {
            regarding: RegardingWish::Create(NewContact {
                id: Uuid::from_u128(9),
                address: SmtpAddress::new("greta@lindqvist.example"),
                name: "\"Greta\" <b>".into(),
            }),
        },
        Wish::Untrack { record: RecordFate::Keep },
        Wish::Untrack { record: RecordFate::Delete },
    ];
    for wish in wishes {
        is_read_back(&wish);
        let request = WishRequest { id: Uuid::from_u128(42), wish };
        let json = String::from(JSON::stringify(&wish_request(&request)).unwrap());
        assert_eq!(serde_json::from_str::<WishRequest>(&json).unwrap(), request, "{json}");
    }
}

#[wasm_bindgen_test]
fn what_is_no_answer_of_ours_is_refused() {
    for json in ["null", "[]", "{}", "\"x\"", "{\"is\":\"tracked\"}", "{\"records\":[{}],\"more\":false}"] {
        let value = JSON::parse(json).unwrap();
        assert_eq!(ItemState::from_wire(&value), None, "{json}");
        assert_eq!(Records::from_wire(&value), None, "{json}");
        assert_eq!(ProblemDetails::from_wire(&value), None, "{json}");
    }
    let mut state = serde_json::to_value(tracked()).unwrap();
    state["record"]["table"] = "no table!".into();
    assert_eq!(ItemState::from_wire(&JSON::parse(&state.to_string()).unwrap()), None);
}

#[wasm_bindgen_test]
fn addresses_are_compared_without_regard_to_case() {
    let mut state = serde_json::to_value(tracked()).unwrap();
    state["mailbox"] = "ADA@Contoso.com".into();
    let read = ItemState::from_wire(&JSON::parse(&state.to_string()).unwrap()).unwrap();
    assert_eq!(read.mailbox, SmtpAddress::new("ada@contoso.com"));
}

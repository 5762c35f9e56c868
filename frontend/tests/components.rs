//! Every part of the pane in a real browser: what it shows, what it says when it is used, and by the keyboard.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "what a test misses fails it")]

mod fixtures;

use fixtures::states::{all, open};
use fixtures::*;
use frontend::pane::event::{Act, Event, Key};
use frontend::pane::state::{Picker, Remote, State, Trouble};
use frontend::view;
use frontend::words::Words;
use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use shared::api::Following;
use shared::item::{FolderId, SmtpAddress};
use shared::party::Chosen;
use shared::regarding::Table;
use shared::rules::Language;
use shared::status::Status;
use shared::wish::RecordFate;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::*;
use web_sys::{Element, HtmlElement, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A pane on the page, which goes when it is dropped.
struct Page {
    root: HtmlElement,
    state: RwSignal<State>,
    acts: Rc<RefCell<Vec<Act>>>,
    _mounted: UnmountHandle<AnyViewState>,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.root.remove();
    }
}

impl Page {
    fn showing(state: State) -> Self {
        Self::speaking(Language::English, state)
    }

    fn speaking(language: Language, state: State) -> Self {
        let root: HtmlElement = document().create_element("div").unwrap().unchecked_into();
        document().body().unwrap().append_child(&root).unwrap();
        let acts = Rc::new(RefCell::new(Vec::new()));
        let done = acts.clone();
        let signal = Rc::new(RefCell::new(None));
        let made = signal.clone();
        let mounted = mount_to(root.clone(), move || {
            let (state, words) = (RwSignal::new(state), RwSignal::new(Words::of(language)));
            made.replace(Some(state));
            let dispatch = UnsyncCallback::new(move |event| {
                if let Event::User(act) = event {
                    done.borrow_mut().push(act);
                }
            });
            view::pane(state, words, dispatch)
        });
        Self { root, state: signal.take().unwrap(), acts, _mounted: mounted }
    }

    fn named(name: &str) -> Self {
        let (_, state) = all().into_iter().find(|(known, _)| *known == name).unwrap();
        Self::showing(state)
    }

    async fn become_(&self, state: State) {
        self.state.set(state);
        leptos::task::tick().await;
    }

    fn text(&self) -> String {
        self.root.text_content().unwrap()
    }

    fn find(&self, selector: &str) -> Element {
        self.root
            .query_selector(selector)
            .unwrap()
            .unwrap_or_else(|| panic!("no {selector} in {}", self.root.inner_html()))
    }

    fn count(&self, selector: &str) -> u32 {
        self.root.query_selector_all(selector).unwrap().length()
    }

    fn buttons(&self) -> Vec<HtmlElement> {
        let list = self.root.query_selector_all("button:not(.door *)").unwrap();
        (0..list.length()).map(|at| list.get(at).unwrap().unchecked_into()).collect()
    }

    fn button(&self, text: &str) -> HtmlElement {
        let mut buttons = self.buttons().into_iter();
        buttons
            .find(|b| b.text_content().unwrap() == text)
            .unwrap_or_else(|| panic!("no button {text}: {}", self.text()))
    }

    /// What is offered for the email, without the people on it.
    fn offers(&self) -> Vec<HtmlElement> {
        let is_of_people = |button: &HtmlElement| button.closest(".people").unwrap().is_some();
        self.buttons().into_iter().filter(|button| !is_of_people(button)).collect()
    }

    fn labels(&self) -> Vec<String> {
        self.offers().iter().map(|button| button.text_content().unwrap()).collect()
    }

    fn acts(&self) -> Vec<Act> {
        self.acts.take()
    }

    fn field(&self) -> HtmlInputElement {
        self.find("#field").unchecked_into()
    }
}

fn press(element: &Element, key: &str) -> bool {
    let init = web_sys::KeyboardEventInit::new();
    init.set_key(key);
    init.set_bubbles(true);
    init.set_cancelable(true);
    let event = web_sys::KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
    element.dispatch_event(&event).unwrap()
}

fn fire(element: &Element, name: &str) -> bool {
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    init.set_cancelable(true);
    element.dispatch_event(&web_sys::Event::new_with_event_init_dict(name, &init).unwrap()).unwrap()
}

// The status

#[wasm_bindgen_test]
fn each_status_has_its_heading() {
    let headings = [
        ("not-tracked", "Not tracked"),
        ("sending-track", "Tracking…"),
        ("tracking", "Tracking…"),
        ("tracked", "Tracked"),
        ("tracked-regarding", "Tracked regarding 12 pumps for Fabrikam’s Lyon plant"),
        ("sending-regarding", "Setting regarding…"),
        ("tracking-pending", "Not in the CRM yet"),
        ("untracking-pending", "Still in the CRM"),
        ("untracking", "Untracking…"),
        ("waiting", "Waiting"),
        ("failed", "Could not be tracked"),
        ("failed-untrack", "Could not be untracked"),
        ("record-gone", "Deleted in the CRM"),
        ("stuck-offline", "Not sent yet"),
        ("offline", "Status unknown"),
        ("outside-outlook", "Regarding lives in Outlook"),
        ("no-office-js", "Outlook’s library did not load"),
        ("no-item", "No message selected"),
        ("draft", "Not sent yet"),
        ("appointment", "Appointments come later"),
        ("signed-out", "Welcome to Regarding"),
        ("challenged", "Please confirm that it is you"),
    ];
    for (name, heading) in headings {
        let page = Page::named(name);
        assert_eq!(page.find("h1").text_content().unwrap(), heading, "{name}");
    }
}

#[wasm_bindgen_test]
async fn the_status_is_a_live_region_that_stays_while_its_words_change() {
    let page = Page::named("not-tracked");
    let before = page.find("[role=status]");
    page.become_(open(Remote::Here(tracked()))).await;
    assert!(page.find("h1[role=status]").is_same_node(Some(&before)));
    assert_eq!(before.text_content().unwrap(), "Tracked");
}

#[wasm_bindgen_test]
fn waiting_says_why_what_to_do_and_when_it_goes_on() {
    let text = Page::named("waiting").text();
    for part in ["The CRM does not answer.", "Nothing is lost", "Next attempt at"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[wasm_bindgen_test]
fn a_failure_says_why_and_what_to_do() {
    let text = Page::named("failed").text();
    assert!(text.contains("prvCreateActivity is missing") && text.contains("Ask your CRM administrator"));
}

#[wasm_bindgen_test]
fn a_refusal_shows_its_request_id_in_small_print() {
    let page = Page::named("not-licensed");
    assert_eq!(page.find(".small").text_content().unwrap(), "Request id 4bf92f3577b34da6a3ce929d0e0e4736");
}

#[wasm_bindgen_test]
fn mail_that_a_colleague_tracked_says_so_with_a_link() {
    let page = Page::named("tracked-elsewhere");
    assert!(page.text().contains("A colleague has tracked this mail already"));
    assert!(page.find(".details a").get_attribute("href").unwrap().starts_with(CRM));
}

#[wasm_bindgen_test]
fn the_sandbox_says_loudly_that_it_is_one_and_a_real_tenant_does_not() {
    assert!(Page::named("sandbox").find(".sandbox").text_content().unwrap().starts_with("Sandbox"));
    assert_eq!(Page::named("tracked").count(".sandbox"), 0);
}

// Actions

#[wasm_bindgen_test]
fn each_status_offers_what_fits_it() {
    let offers: [(&str, &[&str]); 13] = [
        ("not-tracked", &["Track"]),
        ("tracked", &["Untrack"]),
        ("tracked-regarding", &["Untrack", "Change", "Clear"]),
        ("tracking-pending", &["Track now", "Untrack"]),
        ("untracking-pending", &["Untrack", "Track again"]),
        ("waiting", &["Try now"]),
        ("failed", &["Try again"]),
        ("record-gone", &["Track again", "Untrack"]),
        ("stuck-offline", &["Try again"]),
        ("offline", &["Try again"]),
        ("signed-out", &["Sign in"]),
        ("outside-outlook", &[]),
        ("draft", &[]),
    ];
    for (name, labels) in offers {
        assert_eq!(Page::named(name).labels(), labels, "{name}");
    }
}

#[wasm_bindgen_test]
fn buttons_do_what_they_say() {
    let clicks = [
        ("not-tracked", "Track", Act::Track),
        ("tracked", "Untrack", Act::Untrack),
        ("tracked-regarding", "Change", Act::Change),
        ("tracked-regarding", "Clear", Act::ClearRegarding),
        ("failed", "Try again", Act::Retry),
        ("stuck-offline", "Try again", Act::Retry),
        ("offline", "Try again", Act::Refresh),
        ("signed-out", "Sign in", Act::SignIn),
        ("untrack-question", "Untrack and keep it", Act::Fate(RecordFate::Keep)),
        ("untrack-question", "Untrack and delete it", Act::Fate(RecordFate::Delete)),
        ("untrack-question", "Cancel", Act::Cancel),
        ("delete-in-pane", "Delete", Act::ConfirmDelete),
    ];
    for (name, label, act) in clicks {
        let page = Page::named(name);
        page.button(label).click();
        assert_eq!(page.acts(), [act], "{name}: {label}");
    }
}

#[wasm_bindgen_test]
fn nothing_can_be_pressed_while_a_wish_is_on_its_way() {
    for name in ["sending-track", "tracking", "untracking", "sending-regarding"] {
        let page = Page::named(name);
        for button in page.buttons() {
            button.click();
        }
        assert_eq!(page.acts(), [], "{name}");
    }
}

#[wasm_bindgen_test]
async fn a_button_that_changes_its_meaning_does_the_new_thing() {
    let page = Page::named("stuck-offline");
    page.become_(open(Remote::Here(state(Status::RecordGone)))).await;
    for button in page.offers() {
        button.click();
    }
    assert_eq!(page.acts(), [Act::Track, Act::Untrack]);
}

#[wasm_bindgen_test]
fn the_crm_record_opens_beside_outlook() {
    let link = Page::named("tracked").find("a.button");
    assert_eq!(link.get_attribute("target").as_deref(), Some("_blank"));
    assert_eq!(link.get_attribute("rel").as_deref(), Some("noopener noreferrer"));
}

#[wasm_bindgen_test]
fn a_link_that_is_no_web_address_leads_nowhere() {
    let mut known = tracked();
    known.record.as_mut().unwrap().url = "javascript:alert(1)".into();
    let page = Page::showing(open(Remote::Here(known)));
    assert_eq!(page.count(".button[href]"), 0);
    assert!(page.text().contains("Open in CRM"));
}

// Untracking

#[wasm_bindgen_test]
fn the_question_says_what_each_answer_does() {
    let page = Page::named("untrack-question");
    assert_eq!(page.find("#question").get_attribute("role").as_deref(), Some("alertdialog"));
    for part in ["CRM: the email stays as it is.", "CRM: the email is deleted, for everybody."] {
        assert!(page.text().contains(part), "{part}");
    }
}

#[wasm_bindgen_test]
fn a_refused_answer_is_disabled_with_its_reason() {
    let page = Page::named("untrack-refused");
    assert!(page.button("Untrack and delete it").has_attribute("disabled"));
    assert!(!page.button("Untrack and keep it").has_attribute("disabled"));
    assert!(page.find(".refused").text_content().unwrap().contains("prvDeleteActivity is missing"));
}

#[wasm_bindgen_test]
fn escape_leaves_the_question() {
    let page = Page::named("untrack-question");
    press(&page.button("Untrack and keep it"), "Escape");
    assert_eq!(page.acts(), [Act::Cancel]);
    press(&page.button("Untrack and keep it"), "Enter");
    assert_eq!(page.acts(), [], "other keys are the browser's");
}

// The combobox

#[wasm_bindgen_test]
fn the_field_is_a_combobox_that_names_its_list_and_its_marked_option() {
    let page = Page::named("suggestions");
    let field = page.field();
    let attribute = |name: &str| field.get_attribute(name).unwrap_or_default();
    assert_eq!(attribute("role"), "combobox");
    assert_eq!(attribute("aria-expanded"), "true");
    assert_eq!(
        page.find(&format!("#{}", attribute("aria-controls"))).get_attribute("role").unwrap(),
        "listbox"
    );
    let marked = page.find(&format!("#{}", attribute("aria-activedescendant")));
    assert_eq!(marked.get_attribute("role").unwrap(), "option");
    assert_eq!(marked.get_attribute("aria-selected").unwrap(), "true");
    assert!(marked.text_content().unwrap().contains("12 pumps"));
    assert_eq!(page.count("[role=option][aria-selected=true]"), 1);
    assert_eq!(page.find("label[for=field]").text_content().unwrap(), "Set regarding");
}

#[wasm_bindgen_test]
fn a_closed_combobox_says_so() {
    let page = Page::named("tracked");
    assert_eq!(page.field().get_attribute("aria-expanded").as_deref(), Some("false"));
    assert_eq!(page.count("[role=listbox]"), 0);
}

#[wasm_bindgen_test]
fn suggestions_stand_in_named_groups() {
    let page = Page::named("suggestions");
    let groups = page.root.query_selector_all("[role=group]").unwrap();
    let names: Vec<String> = (0..groups.length())
        .map(|at| groups.get(at).unwrap().unchecked_into::<Element>().get_attribute("aria-label").unwrap())
        .collect();
    assert_eq!(
        names,
        ["People on this email", "Their open opportunities", "Their open cases", "Recently used"]
    );
}

#[wasm_bindgen_test]
fn the_keys_of_a_combobox_are_taken_and_all_others_left() {
    let page = Page::named("suggestions");
    let field = page.field();
    for (name, key) in
        [("ArrowDown", Key::Down), ("ArrowUp", Key::Up), ("Enter", Key::Enter), ("Escape", Key::Escape)]
    {
        assert!(!press(&field, name), "{name} does nothing else");
        assert_eq!(page.acts(), [Act::Press(key)]);
    }
    for name in ["Tab", "Home", "a"] {
        assert!(press(&field, name), "{name} stays the browser's");
        assert_eq!(page.acts(), []);
    }
}

#[wasm_bindgen_test]
fn typing_opening_and_leaving_are_told() {
    let page = Page::named("tracked");
    let field = page.field();
    field.set_value("fab");
    fire(&field, "input");
    fire(&field, "click");
    field.focus().unwrap();
    field.blur().unwrap();
    let acts = page.acts();
    assert_eq!(acts[..2], [Act::Type("fab".into()), Act::OpenList]);
    assert_eq!(acts.last(), Some(&Act::CloseList));
}

#[wasm_bindgen_test]
fn an_option_is_chosen_by_a_click_that_leaves_the_focus_in_the_field() {
    let page = Page::named("suggestions");
    let option = page.find("#option-1");
    assert!(!fire(&option, "mousedown"), "the focus stays");
    option.unchecked_ref::<HtmlElement>().click();
    assert_eq!(page.acts(), [Act::Choose(opportunity())]);
}

#[wasm_bindgen_test]
fn the_list_says_when_it_searches_finds_nothing_or_goes_on() {
    for (name, remark) in [
        ("searching", "Searching…"),
        ("nothing-found", "No record matches “zzz”."),
        ("found", "There are more. Type more letters."),
        ("search-failed", "No connection"),
        ("suggestions", "4 to choose from"),
    ] {
        assert!(Page::named(name).find(".list").text_content().unwrap().contains(remark), "{name}");
    }
}

#[wasm_bindgen_test]
async fn what_is_typed_stays_with_its_cursor_when_the_list_changes() {
    let mut state = open(Remote::Here(tracked()));
    let picker = |found| Picker { open: true, term: "fab".into(), found, ..Picker::default() };
    state.item.picker = picker(Remote::Loading);
    let page = Page::showing(state.clone());
    let field = page.field();
    field.focus().unwrap();
    field.set_selection_range(1, 1).unwrap();
    state.item.picker = picker(Remote::Here(found(&["Fabrikam"])));
    page.become_(state).await;
    assert!(page.field().is_same_node(Some(&field)));
    assert_eq!((field.value().as_str(), field.selection_start().unwrap()), ("fab", Some(1)));
    assert!(document().active_element().unwrap().is_same_node(Some(&field)));
}

// People and reasons

#[wasm_bindgen_test]
fn people_are_shown_as_one_record_as_several_or_as_unknown() {
    let page = Page::named("tracked");
    assert_eq!(page.count(".people > li"), 4);
    assert!(page.find(".people a.name").get_attribute("href").unwrap().starts_with(CRM));
    assert_eq!(page.find(".badge.several").text_content().unwrap(), "2 matching records");
    assert_eq!(page.count(".matches a"), 2);
    assert_eq!(page.find(".unknown, .people li:last-child .badge").text_content().unwrap(), "Not in the CRM");
}

#[wasm_bindgen_test]
fn why_lists_the_reasons_with_their_rules() {
    let page = Page::named("tracked");
    let why = page.find("details.why");
    assert!(!why.has_attribute("open"));
    let text = why.text_content().unwrap();
    for part in ["Why?", "CAT-24", "PPL-01", "PPL-02"] {
        assert!(text.contains(part), "{part}");
    }
}

// Everywhere

#[wasm_bindgen_test]
fn hostile_text_is_shown_as_text() {
    let page = Page::named("hostile");
    assert_eq!(page.count("img, script"), 0);
    assert!(page.text().contains("<img src=x onerror=alert(1)>"));
}

#[wasm_bindgen_test]
fn every_state_has_one_main_action_at_most_and_names_for_all_it_offers() {
    for (name, state) in all() {
        let page = Page::showing(state);
        assert!(page.count(".actions:first-of-type .main:not([disabled]):not(.people *)") <= 1, "{name}");
        for button in page.buttons() {
            assert!(!button.text_content().unwrap().is_empty(), "{name}");
        }
        assert_eq!(page.count("[style], [onclick]"), 0, "{name}: the policy forbids inline code");
    }
}

#[wasm_bindgen_test]
fn every_state_is_told_in_german_without_a_gap() {
    for (name, state) in all() {
        let english = Page::showing(state.clone());
        let german = Page::speaking(Language::German, state);
        if name != "starting" {
            assert_ne!(english.text(), german.text(), "{name}");
        }
        if name != "hostile" {
            assert!(!german.text().contains("{}"), "{name}");
        }
    }
    let page = Page::speaking(Language::German, open(Remote::Here(state(Status::NotTracked))));
    assert_eq!(page.find("h1").text_content().unwrap(), "Nicht nachverfolgt");
    assert_eq!(page.labels(), ["Nachverfolgen"]);
}

#[wasm_bindgen_test]
async fn any_state_can_follow_any_other() {
    let states = all();
    let page = Page::showing(State::new());
    for (name, state) in states.iter().chain(states.iter().rev()) {
        page.become_(state.clone()).await;
        assert_eq!(page.text(), Page::showing(state.clone()).text(), "{name}");
        assert_eq!(page.count("*"), Page::showing(state.clone()).count("*"), "{name}");
    }
}

#[wasm_bindgen_test]
async fn the_window_of_trouble_goes_when_the_trouble_does() {
    let page = Page::showing(open(Remote::Failed(Trouble::Offline)));
    page.become_(open(Remote::Here(tracked()))).await;
    assert_eq!(page.count("[role=alert]"), 0);
}

// Several messages, conversations, folders

#[wasm_bindgen_test]
fn cat_09_several_messages_show_how_many_stand_how_and_offer_what_fits() {
    let shown: [(&str, &[&str], &[&str]); 5] = [
        ("several", &["1 tracked", "2 not tracked"], &["Track all", "Untrack all"]),
        ("several-tracked", &["3 tracked"], &["Untrack all"]),
        ("several-working", &["1 tracked", "2 pending"], &["Track all", "Untrack all"]),
        ("several-failed", &["1 tracked", "2 failed"], &["Track all", "Untrack all"]),
        ("several-stuck", &["1 tracked", "2 pending"], &["Try again"]),
    ];
    for (name, counts, labels) in shown {
        let page = Page::named(name);
        assert_eq!(page.find("h1").text_content().unwrap(), "3 messages selected", "{name}");
        let list = page.root.query_selector_all(".tally li").unwrap();
        let told: Vec<String> =
            (0..list.length()).map(|at| list.get(at).unwrap().text_content().unwrap()).collect();
        assert_eq!(told, counts, "{name}");
        assert_eq!(page.labels(), labels, "{name}");
    }
}

#[wasm_bindgen_test]
fn cat_09_a_problem_that_several_share_is_told_once_with_their_number() {
    let text = Page::named("several-failed").text();
    assert!(text.contains("2 × ") && text.contains("Ask your CRM administrator"), "{text}");
    assert_eq!(text.matches("Ask your CRM administrator").count(), 1);
}

#[wasm_bindgen_test]
fn cat_09_untracking_all_says_beforehand_that_every_record_stays() {
    let page = Page::named("several-question");
    assert_eq!(page.find("[role=alertdialog]").get_attribute("tabindex").as_deref(), Some("-1"));
    assert!(page.text().contains("CRM: all emails stay."), "{}", page.text());
    assert_eq!(page.labels(), ["Untrack all and keep the emails", "Cancel"]);
    page.button("Untrack all and keep the emails").click();
    assert_eq!(page.acts(), [Act::Fate(RecordFate::Keep)]);
    press(&page.find("[role=alertdialog]"), "Escape");
    assert_eq!(page.acts(), [Act::Cancel]);
}

#[wasm_bindgen_test]
fn cat_09_too_many_and_only_drafts_are_explained_and_offer_nothing() {
    let page = Page::named("several-too-many");
    assert!(page.text().contains("At most 100 messages"), "{}", page.text());
    assert_eq!((page.labels().len(), page.count("input")), (0, 0));
    assert_eq!(Page::named("several-drafts").labels().len(), 0);
}

#[wasm_bindgen_test]
fn inc_05_a_conversation_says_whether_it_is_stopped_and_offers_the_other() {
    let page = Page::named("conversation");
    assert_eq!(page.count(".stopped"), 0);
    page.button("Stop tracking this conversation").click();
    page.button("Track whole conversation").click();
    assert_eq!(page.acts(), [Act::FollowThread(Following::Stopped), Act::TrackThread]);
    let page = Page::named("conversation-stopped");
    assert!(page.find("#thread .stopped").text_content().unwrap().contains("You stopped tracking"));
    page.button("Follow it again").click();
    assert_eq!(page.acts(), [Act::FollowThread(Following::Followed)]);
    assert!(Page::named("conversation-refused").text().contains("Editor permission"));
}

#[wasm_bindgen_test]
fn cat_11_progress_of_a_conversation_is_shown_and_that_it_is_too_long() {
    let text = Page::named("conversation-tracked").text();
    for part in ["1 tracked", "1 pending", "more than 500 messages"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[wasm_bindgen_test]
fn cat_26_two_names_for_the_category_are_both_named_with_the_rule() {
    let page = Page::named("names-differ");
    let note = page.find("[role=note]").text_content().unwrap();
    for part in ["“In the CRM”", "“Tracked to Dynamics 365”", "CAT-26"] {
        assert!(note.contains(part), "{note}");
    }
}

#[wasm_bindgen_test]
fn fld_01_folders_show_their_mappings_and_each_button_says_which_folder_it_is_about() {
    let page = Page::named("folders");
    assert!(page.text().contains("2 of 25 used"), "{}", page.text());
    let names: Vec<String> = page.buttons().iter().filter_map(|b| b.get_attribute("aria-label")).collect();
    assert_eq!(
        names,
        [
            "Set regarding of the folder Customers",
            "Stop tracking the folder Customers",
            "Set regarding of the folder Fabrikam",
            "Clear regarding of the folder Fabrikam",
            "Stop tracking the folder Fabrikam",
            "Track the folder Newsletters",
        ]
    );
    page.button("Track").click();
    page.button("Back").click();
    assert_eq!(page.acts(), [Act::MapFolder(FolderId("F3".into())), Act::CloseFolders]);
    assert_eq!(Page::named("folders-picking").count("#field"), 1);
    assert!(Page::named("folders-full").find("[role=alert]").text_content().unwrap().contains("At most 25"));
    assert!(Page::named("folders-idle").find("[role=note]").text_content().unwrap().contains("CFG-02"));
    assert!(Page::named("folders-none").text().contains("no folders of your own"));
}

#[wasm_bindgen_test]
fn ppl_03_each_of_several_matches_can_be_chosen_but_the_one_that_counts() {
    let page = Page::named("choosing");
    assert_eq!(page.count(".matches li"), 2);
    assert!(page.find(".matches [aria-current]").text_content().unwrap().contains("Maeve O'Hara"));
    let labels: Vec<String> = page.buttons().iter().filter_map(|b| b.get_attribute("aria-label")).collect();
    assert!(labels.contains(&"Choose Maeve <b>, for this address from now on".to_owned()), "{labels:?}");
    page.button("Choose").click();
    let record = record(Table::contact(), 12, "").key;
    let address = SmtpAddress::new("maeve@ohara.example");
    assert_eq!(page.acts(), [Act::ChoosePerson(Chosen { address, record })]);
}

#[wasm_bindgen_test]
fn ppl_04_whoever_is_not_in_the_crm_is_added_under_the_name_that_is_confirmed() {
    let page = Page::named("not-tracked");
    page.button("Add as contact").click();
    let address = SmtpAddress::new("somebody@example.org");
    assert_eq!(page.acts(), [Act::AddPerson(address, "Unknown Person".into())]);
    let page = Page::named("adding");
    let field = page.find("#name");
    assert_eq!(field.get_attribute("aria-label").as_deref(), Some("Name of the contact"));
    assert!(page.text().contains("The email is tracked, regarding the new contact."));
    page.button("Add and track").click();
    assert_eq!(page.acts(), [Act::ConfirmContact]);
}

#[wasm_bindgen_test]
fn mbx_04_the_own_mailbox_tells_its_state_and_each_failing_email_opens_with_reason_and_rule() {
    let page = Page::named("folders");
    assert!(page.text().contains("Your mailbox is synchronized. CFG-02"), "{}", page.text());
    let looked = page.text();
    let (_, at) = looked.split_once("Last looked through at ").expect("the line");
    assert!(at.starts_with(|c: char| c.is_ascii_digit()), "the time is the reader's own: {at}");
    let failing = page.find("details.failing");
    assert!(!failing.has_attribute("open"), "closed until somebody wants to know");
    assert_eq!(page.find(".failing summary").text_content().unwrap(), "<b>Re: Offer</b>", "never markup");
    let told = failing.text_content().unwrap();
    assert!(told.contains("No mail on Fridays.") && told.contains("RET-04"), "{told}");
    assert_eq!(Page::named("mailbox-failed").count("details.failing"), 0);
    assert!(Page::named("mailbox-failed").text().contains("No connection"));
}

#[wasm_bindgen_test]
fn the_folders_are_a_click_away_wherever_somebody_is_signed_in_and_nowhere_else() {
    for (name, doors) in [
        ("tracked", 1),
        ("several", 1),
        ("no-item", 1),
        ("draft", 1),
        ("signed-out", 0),
        ("outside-outlook", 0),
        ("folders", 0),
    ] {
        assert_eq!(Page::named(name).count(".door button"), doors, "{name}");
    }
}

//! Outlook over Office.js, whose odd corners a stand-in plays: getters that throw, members that are not there.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "what a test misses fails it")]

use frontend::host::office::OfficeHost;
use frontend::host::{Answer, Host, NoHost, Open, Question, Theme};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r##"
// An Outlook in which `item` is open; both are JavaScript, so that it can have getters and methods.
export function office(item, extras) {
  globalThis.dialogs = []; globalThis.handlers = {};
  const mailbox = {
    item: eval(`(${item})`),
    userProfile: { emailAddress: "Ada@Contoso.com" },
    convertToRestId: (id, version) => version === "v2.0" ? id.replaceAll("/", "-").replaceAll("+", "_") : null,
    addHandlerAsync: (name, handler) => { handlers[name] = handler; },
  };
  const ui = { displayDialogAsync: (url, options, callback) => {
    const heard = {};
    dialogs.push({ url, options, heard, closed: false });
    const dialog = dialogs.at(-1);
    callback({ status: "succeeded", value: {
      addEventHandler: (name, handler) => { heard[name] = handler; },
      close: () => { dialog.closed = true; },
    } });
  } };
  globalThis.Office = { EventType: { OfficeThemeChanged: "officeThemeChanged" }, context: { mailbox, ui, displayLanguage: "de-DE", officeTheme: { bodyBackgroundColor: "#1f1f1f" } } };
  if (extras) eval(extras);
  globalThis.regarding = { outlook: async () => "Outlook" };
}
export function no_office() { delete globalThis.Office; globalThis.regarding = { outlook: async () => { throw new Error("blocked"); } }; }
export function plain_browser() { globalThis.Office = { context: {} }; globalThis.regarding = { outlook: async () => null }; }
export function hear(name, argument) { queueMicrotask(() => dialogs.at(-1).heard[name](JSON.parse(argument))); }
export function dialog_url() { return dialogs.at(-1).url; }
export function dialog_is_closed() { return dialogs.at(-1).closed; }
export function switch_item() { handlers.olkItemSelectedChanged(); }
export function select_items() { handlers.olkSelectedItemsChanged(); }
export function wear(theme) { handlers.officeThemeChanged(JSON.parse(theme)); }
export function is_listened_to(name) { return name in handlers; }
"##)]
extern "C" {
    fn office(item: &str, extras: &str);
    fn no_office();
    fn plain_browser();
    fn hear(name: &str, argument: &str);
    fn dialog_url() -> String;
    fn dialog_is_closed() -> bool;
    fn switch_item();
    fn select_items();
    fn wear(event: &str);
    fn is_listened_to(name: &str) -> bool;
}

const MESSAGE: &str = "{ itemType: 'message', itemId: 'AAMk/A+1=', subject: 'Offer' }";

async fn opened(item: &str, extras: &str) -> Open {
    office(item, extras);
    OfficeHost.open().await
}

fn key_of(open: Open) -> (String, String) {
    match open {
        Open::Message(message) => (message.key.item.0, message.key.mailbox.to_string()),
        other => panic!("{other:?}"),
    }
}

#[wasm_bindgen_test]
async fn a_message_is_known_by_its_rest_id_and_the_own_mailbox() {
    let (item, mailbox) = key_of(opened(MESSAGE, "").await);
    assert_eq!((item.as_str(), mailbox.as_str()), ("AAMk-A_1=", "ada@contoso.com"));
}

#[wasm_bindgen_test]
async fn where_ids_cannot_be_converted_they_are_converted_here() {
    for extras in [
        "delete Office.context.mailbox.convertToRestId",
        "Office.context.mailbox.convertToRestId = () => { throw 1; }",
    ] {
        assert_eq!(key_of(opened(MESSAGE, extras).await).0, "AAMk-A_1=");
    }
}

#[wasm_bindgen_test]
async fn a_shared_message_lies_in_its_owner_s_mailbox() {
    let shared = "Office.context.mailbox.item.getSharedPropertiesAsync = callback => callback({ status: 'succeeded', value: { targetMailbox: 'team@contoso.com', owner: 'x' } })";
    assert_eq!(key_of(opened(MESSAGE, shared).await).1, "team@contoso.com");
}

#[wasm_bindgen_test]
async fn a_shared_message_without_permission_to_ask_falls_back_to_the_own_mailbox() {
    for extras in [
        "Office.context.mailbox.item.getSharedPropertiesAsync = () => { throw new Error('Elevated permission is required'); }",
        "Office.context.mailbox.item.getSharedPropertiesAsync = callback => callback({ status: 'failed', error: {} })",
    ] {
        assert_eq!(key_of(opened(MESSAGE, extras).await).1, "ada@contoso.com");
    }
}

#[wasm_bindgen_test]
async fn nothing_drafts_and_appointments_are_told_apart() {
    assert_eq!(opened("null", "").await, Open::Nothing);
    assert_eq!(opened("{ itemType: 'message', subject: { getAsync() {} } }", "").await, Open::Draft);
    let saved = "{ itemType: 'message', itemId: 'AAMk', subject: { getAsync() {} } }";
    assert_eq!(opened(saved, "").await, Open::Draft);
    assert_eq!(
        opened("{ itemType: 'appointment', itemId: 'AAMk', subject: 'Meeting' }", "").await,
        Open::Appointment
    );
}

#[wasm_bindgen_test]
async fn a_getter_that_throws_counts_as_absent() {
    let item = "{ get itemType() { throw 1; }, get itemId() { throw 1; }, get subject() { throw 1; } }";
    assert_eq!(opened(item, "").await, Open::Draft);
}

#[wasm_bindgen_test]
async fn outlook_is_told_from_a_plain_browser_and_from_a_blocked_library() {
    office(MESSAGE, "");
    assert_eq!(OfficeHost.ready().await, Ok(()));
    plain_browser();
    assert_eq!(OfficeHost.ready().await, Err(NoHost::OutsideOutlook));
    no_office();
    assert_eq!(OfficeHost.ready().await, Err(NoHost::NoOfficeJs));
    assert_eq!(OfficeHost.open().await, Open::Nothing);
}

#[wasm_bindgen_test]
fn language_and_theme_are_outlook_s() {
    office(MESSAGE, "");
    assert_eq!(OfficeHost.language().as_deref(), Some("de-DE"));
    assert_eq!(OfficeHost.theme(), Some(Theme::Dark));
    office(MESSAGE, "delete Office.context.officeTheme");
    assert_eq!(OfficeHost.theme(), None);
}

#[wasm_bindgen_test]
fn a_change_of_the_theme_is_told_unless_it_says_no_colour() {
    office(MESSAGE, "");
    let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let heard = told.clone();
    OfficeHost.on_theme_change(Box::new(move |theme| heard.borrow_mut().push(theme)));
    for color in ["#ffffff", "#292929", "none"] {
        wear(&format!(r#"{{"officeTheme":{{"bodyBackgroundColor":"{color}"}}}}"#));
    }
    wear("{}");
    assert_eq!(*told.borrow(), [Theme::Light, Theme::Dark]);
}

#[wasm_bindgen_test]
fn where_outlook_knows_no_change_of_theme_none_is_listened_for() {
    for extras in [
        "delete Office.EventType",
        "delete Office.EventType.OfficeThemeChanged",
        "delete Office.context.mailbox.addHandlerAsync",
        "Office.context.mailbox.addHandlerAsync = () => { throw new Error('unsupported'); }",
    ] {
        office(MESSAGE, extras);
        OfficeHost.on_theme_change(Box::new(|_| {}));
        assert!(!is_listened_to("officeThemeChanged"), "{extras}");
    }
}

#[wasm_bindgen_test]
fn a_change_of_the_item_is_told() {
    office(MESSAGE, "");
    let told = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = told.clone();
    OfficeHost.on_change(Box::new(move || count.set(count.get() + 1)));
    switch_item();
    switch_item();
    assert_eq!(told.get(), 2);
}

/// An Outlook with these selected, answering as requirement set 1.13 does.
fn selecting(items: &str) -> String {
    format!(
        "Office.EventType.SelectedItemsChanged = 'olkSelectedItemsChanged';
         Office.context.mailbox.getSelectedItemsAsync = callback => callback({{ status: 'succeeded', value: {items} }});"
    )
}

const TWO_AND_A_DRAFT: &str = "[
    { itemId: 'AAMk/A+1=', itemType: 'message', itemMode: 'Read', subject: 'One' },
    { itemId: 'AAMkB', itemType: 'Message', itemMode: 'read', subject: 'Two' },
    { itemId: 'AAMkC', itemType: 'message', itemMode: 'Compose', subject: 'Three' }]";

#[wasm_bindgen_test]
async fn cat_09_several_selected_messages_are_known_by_their_rest_ids_and_drafts_are_counted_apart() {
    let Open::Several(selection) = opened("null", &selecting(TWO_AND_A_DRAFT)).await else { panic!() };
    let ids: Vec<&str> = selection.items.iter().map(|item| item.0.as_str()).collect();
    assert_eq!(ids, ["AAMk-A_1=", "AAMkB"]);
    assert_eq!((selection.mailbox.as_str(), selection.others), ("ada@contoso.com", 1));
    assert!(!selection.is_too_large());
}

#[wasm_bindgen_test]
async fn cat_09_selected_messages_of_a_shared_mailbox_lie_in_it() {
    let shared = "globalThis.unloaded = 0; Office.context.mailbox.loadItemByIdAsync = (id, callback) => callback({
        status: 'succeeded', value: {
            getSharedPropertiesAsync: callback => callback({ status: 'succeeded', value: { targetMailbox: 'team@contoso.com' } }),
            unloadAsync: callback => { unloaded += 1; callback({ status: 'succeeded' }); },
        } });";
    let extras = [&selecting(TWO_AND_A_DRAFT), shared].concat();
    let Open::Several(selection) = opened("null", &extras).await else { panic!() };
    assert_eq!(selection.mailbox.as_str(), "team@contoso.com");
    let unloaded = js_sys::Reflect::get(&js_sys::global(), &"unloaded".into()).unwrap();
    assert_eq!(unloaded.as_f64(), Some(1.0), "or Outlook would load no other one");
}

#[wasm_bindgen_test]
async fn one_selected_message_is_the_open_one_and_clients_that_know_no_selection_show_it() {
    let one = selecting("[{ itemId: 'AAMk', itemType: 'message', itemMode: 'Read' }]");
    for extras in [
        one.as_str(),
        &selecting("[]"),
        &selecting("undefined"),
        "",
        "Office.context.mailbox.getSelectedItemsAsync = () => { throw new Error('Elevated permission is required'); }",
        "Office.context.mailbox.getSelectedItemsAsync = callback => callback({ status: 'failed', error: {} })",
    ] {
        assert_eq!(key_of(opened(MESSAGE, extras).await).0, "AAMk-A_1=", "{extras}");
    }
}

#[wasm_bindgen_test]
fn a_change_of_the_selection_is_told_where_outlook_knows_it() {
    office(MESSAGE, &selecting("[]"));
    let told = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = told.clone();
    OfficeHost.on_change(Box::new(move || count.set(count.get() + 1)));
    select_items();
    switch_item();
    assert_eq!(told.get(), 2);
    office(MESSAGE, "");
    OfficeHost.on_change(Box::new(|| {}));
    assert!(is_listened_to("olkItemSelectedChanged") && !is_listened_to("olkSelectedItemsChanged"));
}

#[wasm_bindgen_test]
fn the_own_mailbox_is_known_whatever_is_open() {
    office("null", "");
    assert_eq!(
        OfficeHost.own_mailbox().map(|address| address.to_string()).as_deref(),
        Some("ada@contoso.com")
    );
}

fn question() -> Question {
    let line = "CRM: \"#&<b>\" is deleted".to_owned();
    Question {
        language: "de".into(),
        title: "Delete?".into(),
        lines: vec![line],
        yes: "Delete".into(),
        no: "Cancel".into(),
    }
}

#[wasm_bindgen_test]
async fn a_window_s_yes_is_a_yes_and_the_window_is_closed() {
    office(MESSAGE, "");
    soon("dialogMessageReceived", "{\"message\":\"yes\"}");
    assert_eq!(OfficeHost.ask(question()).await, Answer::Yes);
    assert!(dialog_is_closed());
}

/// Has the window tell something after it was opened.
fn soon(name: &'static str, argument: &'static str) {
    wasm_bindgen_futures::spawn_local(async move {
        gloo_timers::future::TimeoutFuture::new(0).await;
        hear(name, argument);
    });
}

#[wasm_bindgen_test]
async fn anything_but_yes_is_a_no() {
    for (name, argument) in [
        ("dialogMessageReceived", "{\"message\":\"no\"}"),
        ("dialogMessageReceived", "{\"message\":\"YES\"}"),
        ("dialogMessageReceived", "{}"),
        ("dialogEventReceived", "{\"error\":12006}"),
    ] {
        office(MESSAGE, "");
        soon(name, argument);
        assert_eq!(OfficeHost.ask(question()).await, Answer::No, "{name} {argument}");
    }
}

#[wasm_bindgen_test]
async fn the_window_s_words_stay_behind_the_hash_and_arrive_as_they_are() {
    office(MESSAGE, "");
    soon("dialogEventReceived", "{}");
    OfficeHost.ask(question()).await;
    let url = dialog_url();
    let (page, words) = url.split_once('#').unwrap();
    assert!(page.ends_with("/dialog.html"));
    let words = String::from(js_sys::decode_uri_component(words).unwrap());
    let list: Vec<String> = serde_json::from_str(&words).unwrap();
    assert_eq!(list, ["de", "Delete?", "Delete", "Cancel", "CRM: \"#&<b>\" is deleted"]);
}

#[wasm_bindgen_test]
async fn a_window_that_could_not_show_the_question_is_closed_and_counts_as_none() {
    for argument in ["{\"error\":12002}", "{\"error\":12003}", "{}"] {
        office(MESSAGE, "");
        soon("dialogEventReceived", argument);
        assert_eq!(OfficeHost.ask(question()).await, Answer::NoWindow, "{argument}");
        assert!(dialog_is_closed());
    }
}

/// Blocked by the user, by the browser's policy, taken by another window, or for reasons yet unknown.
#[wasm_bindgen_test]
async fn every_code_with_which_outlook_refuses_a_window_means_that_there_is_none() {
    for code in [12004, 12005, 12007, 12009, 12011, 5001, 0] {
        let error = format!("{{ status: 'failed', error: {{ code: {code} }} }}");
        let refuses = format!("Office.context.ui.displayDialogAsync = (u, o, callback) => callback({error})");
        office(MESSAGE, &refuses);
        assert_eq!(OfficeHost.ask(question()).await, Answer::NoWindow, "{code}");
    }
}

#[wasm_bindgen_test]
async fn where_windows_are_refused_that_is_said() {
    for extras in [
        "delete Office.context.ui.displayDialogAsync",
        "Office.context.ui.displayDialogAsync = () => { throw new Error('denied'); }",
        "Office.context.ui.displayDialogAsync = (u, o, callback) => callback({ status: 'succeeded', value: {} })",
    ] {
        office(MESSAGE, extras);
        assert_eq!(OfficeHost.ask(question()).await, Answer::NoWindow, "{extras}");
    }
}

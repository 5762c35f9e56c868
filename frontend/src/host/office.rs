//! Outlook over Office.js.
//!
//! Items have getters that cannot be listed, members that exist only in some clients, and calls that throw when
//! a permission is missing; so every member is looked for by name, and what is not there is no error.

use super::{Answer, Host, ItemKey, Local, NoHost, Open, OpenMessage, Question, Selection, Theme, theme_of};
use crate::wire::smtp_address;
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use shared::item::{ItemId, SmtpAddress};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Name of the host, or null outside of one; rejects when Office.js did not load.
    #[wasm_bindgen(js_namespace = regarding, catch)]
    async fn outlook() -> Result<JsValue, JsValue>;
}

/// The Outlook that the page runs in.
pub struct OfficeHost;

impl Host for OfficeHost {
    fn ready(&self) -> Local<Result<(), NoHost>> {
        Box::pin(async {
            match outlook().await {
                Ok(host) if host.is_string() && mailbox().is_some() => Ok(()),
                Ok(_) => Err(NoHost::OutsideOutlook),
                Err(_) => Err(NoHost::NoOfficeJs),
            }
        })
    }

    fn open(&self) -> Local<Open> {
        Box::pin(open())
    }

    fn on_change(&self, changed: Box<dyn Fn()>) {
        let handler = Closure::<dyn Fn()>::new(changed).into_js_value();
        // A client that cannot pin the pane, or cannot select several items for it, has no such event.
        for event in [Some("olkItemSelectedChanged".to_owned()), event_type("SelectedItemsChanged")] {
            let _ = event.zip(mailbox()).and_then(|(event, mailbox)| {
                call(&mailbox, "addHandlerAsync", &[event.into(), handler.clone()])
            });
        }
    }

    fn ask(&self, question: Question) -> Local<Answer> {
        Box::pin(async move {
            match ask(&question) {
                Some(answer) => {
                    JsFuture::from(answer).await.map_or(Answer::NoWindow, |answer| match answer.as_f64() {
                        Some(YES) => Answer::Yes,
                        Some(NO) => Answer::No,
                        _ => Answer::NoWindow,
                    })
                }
                None => Answer::NoWindow,
            }
        })
    }

    fn own_mailbox(&self) -> Option<SmtpAddress> {
        own_address(&mailbox()?).map(|address| smtp_address(&address))
    }

    fn language(&self) -> Option<String> {
        text(&context()?, "displayLanguage")
    }

    fn theme(&self) -> Option<Theme> {
        theme_in(&context()?)
    }

    fn on_theme_change(&self, changed: Box<dyn Fn(Theme)>) {
        let handler = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            if let Some(theme) = theme_in(&event) {
                changed(theme);
            }
        });
        // A client that knows no such event keeps the look it began with.
        let _ = event_type("OfficeThemeChanged").zip(mailbox()).and_then(|(event, mailbox)| {
            call(&mailbox, "addHandlerAsync", &[event.into(), handler.into_js_value()])
        });
    }
}

/// What is open now.
async fn open() -> Open {
    let Some(mailbox) = mailbox() else { return Open::Nothing };
    if let Some(selection) = selection(&mailbox).await {
        return Open::Several(selection);
    }
    let Some(item) = get(&mailbox, "item") else { return Open::Nothing };
    if text(&item, "itemType").as_deref() == Some("appointment") {
        return Open::Appointment;
    }
    // What is being written has no id until it is saved, and a subject that has to be asked for.
    let (Some(id), Some(subject)) = (text(&item, "itemId"), text(&item, "subject")) else {
        return Open::Draft;
    };
    let item_id = rest_id(&mailbox, &id);
    let shared = shared_mailbox(&item).await;
    match shared.or_else(|| own_address(&mailbox)) {
        Some(address) => {
            let key = ItemKey { item: item_id, mailbox: smtp_address(&address) };
            Open::Message(OpenMessage { key, subject })
        }
        None => Open::Nothing,
    }
}

/// The items that are selected, when they are several. Clients below requirement set 1.13 know none.
async fn selection(mailbox: &JsValue) -> Option<Selection> {
    let selected: Array = answer(mailbox, "getSelectedItemsAsync", &[]).await?.dyn_into().ok()?;
    if selected.length() < 2 {
        return None;
    }
    let is = |item: &JsValue, name: &str, wanted: &str| {
        text(item, name).is_none_or(|value| value.eq_ignore_ascii_case(wanted))
    };
    let readable =
        selected.iter().filter(|item| is(item, "itemType", "message") && is(item, "itemMode", "read"));
    let ids: Vec<String> = readable.filter_map(|item| text(&item, "itemId")).collect();
    let others = selected.length() as usize - ids.len();
    let items = ids.iter().map(|id| rest_id(mailbox, id)).collect();
    let shared = mailbox_of_selected(mailbox, ids.first()).await;
    let address = shared.or_else(|| own_address(mailbox))?;
    Some(Selection { mailbox: smtp_address(&address), items, others })
}

/// The mailbox in which a selected item lies when it is shared: told by the item, once it is loaded
/// (requirement set 1.15). Outlook selects in one mailbox at a time.
async fn mailbox_of_selected(mailbox: &JsValue, id: Option<&String>) -> Option<String> {
    let loaded = answer(mailbox, "loadItemByIdAsync", &[id?.as_str().into()]).await?;
    let address = shared_mailbox(&loaded).await;
    // Before this is done, Outlook loads no other one.
    answer(&loaded, "unloadAsync", &[]).await;
    address
}

/// Graph's form of an id that Outlook gave.
fn rest_id(mailbox: &JsValue, id: &str) -> ItemId {
    let converted = call(mailbox, "convertToRestId", &[id.into(), "v2.0".into()]);
    converted.and_then(|id| id.as_string()).map_or_else(|| ItemId::from_office(id), ItemId)
}

fn own_address(mailbox: &JsValue) -> Option<String> {
    text(&get(mailbox, "userProfile")?, "emailAddress")
}

/// The mailbox that a shared item lies in; the member exists only on shared items.
async fn shared_mailbox(item: &JsValue) -> Option<String> {
    // Where it throws, a permission is missing. The own mailbox is asked then, and refuses clearly.
    let value = answer(item, "getSharedPropertiesAsync", &[]).await?;
    text(&value, "targetMailbox").or_else(|| text(&value, "owner"))
}

const YES: f64 = 1.0;
const NO: f64 = 0.0;

/// Opens the window; resolves with [`YES`] or [`NO`], or with nothing if there is no window.
fn ask(question: &Question) -> Option<Promise> {
    let ui = get(&context()?, "ui")?;
    let address = dialog_address(question)?;
    let options = Object::new();
    for (name, value) in [
        ("height", 36.into()),
        ("width", 30.into()),
        ("displayInIframe", JsValue::FALSE),
        ("promptBeforeOpen", JsValue::FALSE),
    ] {
        Reflect::set(&options, &name.into(), &value).ok()?;
    }
    Some(Promise::new(&mut |resolve, _| {
        let settle = resolve.clone();
        // Whatever the reason, be it that the user or a policy blocks windows or that one is open: there is none.
        let opened = Closure::once_into_js(move |result: JsValue| {
            let heard = get(&result, "value").and_then(|dialog| hear(&dialog, &settle));
            if heard.is_none() {
                say(&settle, &JsValue::UNDEFINED);
            }
        });
        let arguments = [address.as_str().into(), options.clone().into(), opened];
        if call(&ui, "displayDialogAsync", &arguments).is_none() {
            say(&resolve, &JsValue::UNDEFINED);
        }
    }))
}

/// What Outlook tells when the user closes the window; all its other codes say that the page did not show.
const CLOSED_BY_USER: f64 = 12006.0;

/// Waits for the window's answer; `None` if it cannot be heard. A window that the user closes says no.
fn hear(dialog: &JsValue, settle: &Function) -> Option<()> {
    let (window, answered) = (dialog.clone(), settle.clone());
    let message = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        let is_yes = text(&event, "message").as_deref() == Some("yes");
        call(&window, "close", &[]);
        say(&answered, &if is_yes { YES } else { NO }.into());
    });
    let (window, ended) = (dialog.clone(), settle.clone());
    let event = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        if get(&event, "error").and_then(|code| code.as_f64()) == Some(CLOSED_BY_USER) {
            say(&ended, &NO.into());
        } else {
            call(&window, "close", &[]);
            say(&ended, &JsValue::UNDEFINED);
        }
    });
    call(dialog, "addEventHandler", &["dialogMessageReceived".into(), message.into_js_value()])?;
    call(dialog, "addEventHandler", &["dialogEventReceived".into(), event.into_js_value()])?;
    Some(())
}

/// What a method of Office.js answers to its callback; `None` if there is no such method, if it throws or fails.
async fn answer(object: &JsValue, name: &str, arguments: &[JsValue]) -> Option<JsValue> {
    get(object, name)?;
    let answered = Promise::new(&mut |resolve, _| {
        let mut arguments = arguments.to_vec();
        arguments.push(resolve.clone().into());
        if call(object, name, &arguments).is_none() {
            say(&resolve, &JsValue::UNDEFINED);
        }
    });
    get(&JsFuture::from(answered).await.ok()?, "value")
}

fn say(resolve: &Function, answer: &JsValue) {
    // A promise's own function does not throw.
    let _ = resolve.call1(&JsValue::UNDEFINED, answer);
}

/// The words go behind the `#`, which no server gets to see.
fn dialog_address(question: &Question) -> Option<String> {
    let words = Array::new();
    let head = [&question.language, &question.title, &question.yes, &question.no];
    for text in head.into_iter().chain(&question.lines) {
        words.push(&text.as_str().into());
    }
    let words = String::from(JSON::stringify(&words).ok()?);
    let origin = web_sys::window()?.location().origin().ok()?;
    Some([&origin, "/dialog.html#", &String::from(js_sys::encode_uri_component(&words))].concat())
}

/// The look that Outlook's context, or an event about it, tells of.
fn theme_in(teller: &JsValue) -> Option<Theme> {
    theme_of(&text(&get(teller, "officeTheme")?, "bodyBackgroundColor")?)
}

/// What this Office.js calls an event, if it knows it.
fn event_type(name: &str) -> Option<String> {
    text(&get(&get(&js_sys::global(), "Office")?, "EventType")?, name)
}

fn context() -> Option<JsValue> {
    get(&get(&js_sys::global(), "Office")?, "context")
}

fn mailbox() -> Option<JsValue> {
    get(&context()?, "mailbox")
}

/// A member that is there and neither null nor undefined; a getter that throws counts as absent.
fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok().filter(|value| !value.is_null() && !value.is_undefined())
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name)?.as_string().filter(|text| !text.is_empty())
}

/// Calls a method; `None` if there is none, or if it throws.
fn call(object: &JsValue, name: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let method: Function = get(object, name)?.dyn_into().ok()?;
    method.apply(object, &arguments.iter().collect()).ok()
}

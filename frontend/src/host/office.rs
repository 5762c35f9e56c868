//! Outlook over Office.js.
//!
//! Items have getters that cannot be listed, members that exist only in some clients, and calls that throw when
//! a permission is missing; so every member is looked for by name, and what is not there is no error.

use super::{Answer, Host, ItemKey, Local, NoHost, Open, OpenMessage, Question, Theme, theme_of};
use js_sys::{Function, JSON, Object, Promise, Reflect};
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
        // A client that cannot pin the pane has no such event.
        let _ = mailbox().and_then(|mailbox| {
            call(&mailbox, "addHandlerAsync", &["olkItemSelectedChanged".into(), handler])
        });
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
    let Some((mailbox, item)) =
        mailbox().and_then(|mailbox| get(&mailbox, "item").map(|item| (mailbox, item)))
    else {
        return Open::Nothing;
    };
    if text(&item, "itemType").as_deref() == Some("appointment") {
        return Open::Appointment;
    }
    // What is being written has no id until it is saved, and a subject that has to be asked for.
    let (Some(id), Some(subject)) = (text(&item, "itemId"), text(&item, "subject")) else {
        return Open::Draft;
    };
    let rest_id = call(&mailbox, "convertToRestId", &[id.as_str().into(), "v2.0".into()]);
    let item_id = match rest_id.and_then(|id| id.as_string()) {
        Some(id) => ItemId(id),
        None => ItemId::from_office(&id),
    };
    let shared = shared_mailbox(&item).await;
    let own = || get(&mailbox, "userProfile").and_then(|profile| text(&profile, "emailAddress"));
    match shared.or_else(own) {
        Some(address) => {
            let key = ItemKey { item: item_id, mailbox: SmtpAddress::new(&address) };
            Open::Message(OpenMessage { key, subject })
        }
        None => Open::Nothing,
    }
}

/// The mailbox that a shared item lies in; the member exists only on shared items.
async fn shared_mailbox(item: &JsValue) -> Option<String> {
    get(item, "getSharedPropertiesAsync")?;
    let answer = Promise::new(&mut |resolve, _| {
        if call(item, "getSharedPropertiesAsync", &[resolve.clone().into()]).is_none() {
            // It threw: a permission is missing. The own mailbox is asked then, and refuses clearly.
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    let value = get(&JsFuture::from(answer).await.ok()?, "value")?;
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

fn say(resolve: &Function, answer: &JsValue) {
    // A promise's own function does not throw.
    let _ = resolve.call1(&JsValue::UNDEFINED, answer);
}

/// The words go behind the `#`, which no server gets to see.
fn dialog_address(question: &Question) -> Option<String> {
    let words = js_sys::Array::new();
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

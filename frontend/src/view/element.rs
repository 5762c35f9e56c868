//! Elements of the page, all of one Rust type.
//!
//! Leptos' `view!` gives every shape of element a type of its own, and the compiler then repeats the code that
//! builds, patches and removes it for each: 20 KB of the 120 KB that the whole pane may weigh. Here tag,
//! attributes, listeners and children are data, so that this code exists once. A listener is data too: it names
//! what the user did.

use super::Dispatch;
use crate::pane::event::{Act, Event, Key};
use leptos::prelude::*;
use leptos::tachys::html::attribute::{Attribute, NamedAttributeKey, NextAttribute};
use leptos::tachys::html::element::custom;
use leptos::tachys::renderer::dom::Dom;
use leptos::tachys::renderer::{RemoveEventHandler, types};
use leptos::tachys::view::add_attr::AddAnyAttr;
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};

/// What a listener makes of a DOM event.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    Does(Act),
    /// The input's value is what was typed.
    Types,
    /// A key of the combobox.
    Picks,
    /// Escape leaves without an answer.
    Leaves,
    /// The same of a contact's name, which Enter confirms.
    Names,
    /// The browser's own reaction is not wanted.
    Ignores,
}

/// Name of the attribute that stands for an input's value, which is none in HTML.
const VALUE: &str = ".value";

/// An element that is being described.
pub struct Element {
    tag: &'static str,
    attributes: Attributes,
    children: Vec<AnyView>,
}

/// An element, by its tag in capitals, as the DOM names it.
pub fn element(tag: &'static str) -> Element {
    debug_assert!(!tag.chars().any(char::is_lowercase), "{tag}: Leptos compares with the DOM's capitals");
    Element { tag, attributes: Attributes::default(), children: Vec::new() }
}

/// An element with a class.
pub fn classed(tag: &'static str, class: impl Into<Cow<'static, str>>) -> Element {
    element(tag).with("class", class)
}

/// A text node: what others wrote is never anything else.
pub fn text(text: impl Into<String>) -> AnyView {
    let text: String = text.into();
    text.into_any()
}

impl Element {
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.attributes.set.push((name, value.into()));
        self
    }

    pub fn with_some(self, name: &'static str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The value of an input.
    pub fn value(self, value: String) -> Self {
        self.with(VALUE, value)
    }

    pub fn on(mut self, event: &'static str, heard: Heard, dispatch: Dispatch) -> Self {
        self.attributes.heard.push((event, heard, dispatch));
        self
    }

    pub fn child(mut self, child: AnyView) -> Self {
        self.children.push(child);
        self
    }

    pub fn text(self, words: impl Into<String>) -> Self {
        self.child(text(words))
    }

    pub fn children(mut self, children: impl IntoIterator<Item = AnyView>) -> Self {
        self.children.extend(children);
        self
    }

    pub fn view(self) -> AnyView {
        custom(self.tag).add_any_attr(self.attributes).child(self.children).into_any()
    }
}

/// All attributes and listeners of an element, as one attribute in the eyes of Leptos.
#[derive(Clone, Default)]
struct Attributes {
    set: Vec<(&'static str, Cow<'static, str>)>,
    heard: Vec<(&'static str, Heard, Dispatch)>,
}

/// What stands on the element now.
struct Present {
    element: types::Element,
    set: Vec<(&'static str, Cow<'static, str>)>,
    listeners: Vec<Listener>,
}

/// A listener stays while what it does changes.
struct Listener {
    event: &'static str,
    heard: Rc<RefCell<Heard>>,
    _attached: RemoveEventHandler<types::Element>,
}

impl Attribute for Attributes {
    const MIN_LENGTH: usize = 0;
    type State = Present;
    type AsyncOutput = Self;
    type Cloneable = Self;
    type CloneableOwned = Self;

    fn build(self, element: &types::Element) -> Present {
        let mut present = Present { element: element.clone(), set: Vec::new(), listeners: Vec::new() };
        self.rebuild(&mut present);
        present
    }

    fn rebuild(self, present: &mut Present) {
        for (name, _) in &present.set {
            if !self.set.iter().any(|(wanted, _)| wanted == name) {
                Dom::remove_attribute(&present.element, name);
            }
        }
        for (name, value) in &self.set {
            if *name == VALUE {
                fill_in(&present.element, value);
            } else if !present.set.iter().any(|old| old == &(*name, value.clone())) {
                Dom::set_attribute(&present.element, name, value);
            }
        }
        present.set = self.set;
        present.listen(self.heard);
    }

    fn into_cloneable(self) -> Self {
        self
    }

    fn into_cloneable_owned(self) -> Self {
        self
    }

    fn keys(&self) -> Vec<NamedAttributeKey> {
        self.set.iter().map(|(name, _)| NamedAttributeKey::Attribute(Cow::Borrowed(*name))).collect()
    }

    // The rest serves pages that a server renders; the pane is none, and shows nothing there.

    fn html_len(&self) -> usize {
        0
    }

    fn to_html(self, _: &mut String, _: &mut String, _: &mut String, _: &mut String) {}

    fn hydrate<const FROM_SERVER: bool>(self, element: &types::Element) -> Present {
        self.build(element)
    }

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }
}

impl NextAttribute for Attributes {
    type Output<New: Attribute> = (Self, New);

    fn add_any_attr<New: Attribute>(self, new: New) -> Self::Output<New> {
        (self, new)
    }
}

impl Present {
    fn listen(&mut self, wanted: Vec<(&'static str, Heard, Dispatch)>) {
        let same =
            self.listeners.iter().map(|listener| listener.event).eq(wanted.iter().map(|(event, ..)| *event));
        if same {
            for (listener, (_, heard, _)) in self.listeners.iter().zip(wanted) {
                listener.heard.replace(heard);
            }
            return;
        }
        self.listeners.clear();
        for (event, heard, dispatch) in wanted {
            let heard = Rc::new(RefCell::new(heard));
            let hears = heard.clone();
            let react = Box::new(move |event: JsValue| {
                // The reaction may replace what is heard, so nothing may be borrowed by then.
                let heard = hears.borrow().clone();
                if let Some(act) = understand(event.unchecked_ref(), heard) {
                    dispatch.run(Event::User(act));
                }
            });
            let attached = Dom::add_event_listener(&self.element, event, react);
            self.listeners.push(Listener { event, heard, _attached: attached });
        }
    }
}

/// Puts the text into an input, unless it is there: setting it anew would move the cursor.
fn fill_in(element: &types::Element, value: &str) {
    if let Some(input) = element.dyn_ref::<web_sys::HtmlInputElement>()
        && input.value() != value
    {
        input.set_value(value);
    }
}

/// What the user did, if it is anything to us.
fn understand(event: &web_sys::Event, heard: Heard) -> Option<Act> {
    match heard {
        Heard::Does(act) => return Some(act),
        Heard::Types => {
            let input: web_sys::HtmlInputElement = event.target()?.dyn_into().ok()?;
            return Some(Act::Type(input.value()));
        }
        Heard::Picks | Heard::Leaves | Heard::Names | Heard::Ignores => {}
    }
    let act = match heard {
        Heard::Picks => Act::Press(key(event)?),
        Heard::Leaves | Heard::Names if key(event)? == Key::Escape => Act::Cancel,
        Heard::Names if key(event)? == Key::Enter => Act::ConfirmContact,
        Heard::Ignores => {
            event.prevent_default();
            return None;
        }
        _ => return None,
    };
    event.prevent_default();
    // Outlook listens for Escape too, and would take the focus away.
    event.stop_propagation();
    Some(act)
}

fn key(event: &web_sys::Event) -> Option<Key> {
    let event: &web_sys::KeyboardEvent = event.dyn_ref()?;
    match event.key().as_str() {
        "ArrowDown" => Some(Key::Down),
        "ArrowUp" => Some(Key::Up),
        "Enter" => Some(Key::Enter),
        "Escape" => Some(Key::Escape),
        _ => None,
    }
}

//! An Outlook for tests: shows what it is told to, and remembers what it was asked.

use super::{Answer, Host, Local, NoHost, Open, Question, Theme};
use shared::item::SmtpAddress;
use std::cell::{Cell, RefCell};
use std::future::ready;
use std::rc::Rc;

/// Outlook in a test's hands. Clones are the same Outlook.
#[derive(Clone)]
pub struct FakeHost(Rc<Inner>);

type ThemeListener = Box<dyn Fn(Theme)>;

struct Inner {
    there: Cell<Result<(), NoHost>>,
    open: RefCell<Open>,
    changed: RefCell<Option<Box<dyn Fn()>>>,
    answer: Cell<Answer>,
    asked: RefCell<Vec<Question>>,
    language: RefCell<Option<String>>,
    theme: Cell<Option<Theme>>,
    theme_changed: RefCell<Option<ThemeListener>>,
}

impl FakeHost {
    /// An Outlook in which `open` is open.
    pub fn showing(open: Open) -> Self {
        Self(Rc::new(Inner {
            there: Cell::new(Ok(())),
            open: RefCell::new(open),
            changed: RefCell::new(None),
            answer: Cell::new(Answer::NoWindow),
            asked: RefCell::new(Vec::new()),
            language: RefCell::new(None),
            theme: Cell::new(None),
            theme_changed: RefCell::new(None),
        }))
    }

    /// No Outlook at all.
    pub fn absent(why: NoHost) -> Self {
        let fake = Self::showing(Open::Nothing);
        fake.0.there.set(Err(why));
        fake
    }

    /// Sets the language that Outlook speaks.
    pub fn speak(&self, language: &str) {
        *self.0.language.borrow_mut() = Some(language.to_owned());
    }

    /// Takes on a look, and tells whoever wants to know.
    pub fn wear(&self, theme: Theme) {
        self.0.theme.set(Some(theme));
        if let Some(changed) = &*self.0.theme_changed.borrow() {
            changed(theme);
        }
    }

    /// Sets what is answered to every question.
    pub fn answer(&self, answer: Answer) {
        self.0.answer.set(answer);
    }

    /// The questions asked so far.
    pub fn asked(&self) -> Vec<Question> {
        self.0.asked.borrow().clone()
    }

    /// The user opens something else while the pane is pinned.
    pub fn switch_to(&self, open: Open) {
        *self.0.open.borrow_mut() = open;
        if let Some(changed) = &*self.0.changed.borrow() {
            changed();
        }
    }
}

impl Host for FakeHost {
    fn ready(&self) -> Local<Result<(), NoHost>> {
        Box::pin(ready(self.0.there.get()))
    }

    fn open(&self) -> Local<Open> {
        Box::pin(ready(self.0.open.borrow().clone()))
    }

    fn on_change(&self, changed: Box<dyn Fn()>) {
        *self.0.changed.borrow_mut() = Some(changed);
    }

    fn ask(&self, question: Question) -> Local<Answer> {
        self.0.asked.borrow_mut().push(question);
        Box::pin(ready(self.0.answer.get()))
    }

    fn own_mailbox(&self) -> Option<SmtpAddress> {
        Some(SmtpAddress::new("ada@contoso.com"))
    }

    fn language(&self) -> Option<String> {
        self.0.language.borrow().clone()
    }

    fn theme(&self) -> Option<Theme> {
        self.0.theme.get()
    }

    fn on_theme_change(&self, changed: Box<dyn Fn(Theme)>) {
        *self.0.theme_changed.borrow_mut() = Some(changed);
    }
}

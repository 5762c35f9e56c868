//! Reads and writes the API's types as the values that the browser's own JSON parser knows.
//!
//! The types say with serde how they look on the wire, and serde could do this too: it takes 35 KB more of the
//! 120 KB that the whole pane may weigh. `tests/wire.rs` holds both to the same result for every type.
//! Everything is checked: what does not look as it should gives `None`.

use js_sys::{Array, JsString, Object, Reflect};
use shared::api::*;
use shared::decision::Fact;
use shared::item::{FolderId, ItemId, SmtpAddress};
use shared::party::{Chosen, NewContact, Role};
use shared::problem::{Code, Problem};
use shared::regarding::{RecordKey, RecordRef, Table};
use shared::status::{Goal, Status};
use shared::wish::{RecordFate, RegardingWish, Wish};
use shared::{RuleId, UtcMs};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};

/// Reads a type from a value; `None` when the value is none of that type.
pub trait FromWire: Sized {
    fn from_wire(value: &JsValue) -> Option<Self>;
}

/// An address as the browser lowers it.
pub fn smtp_address(address: &str) -> SmtpAddress {
    SmtpAddress::lowered_by(address, |address| JsString::from(address).to_lower_case().into())
}

/// The member of an object; absent is the same as null.
fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::NULL)
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    member(object, name).as_string()
}

fn number(object: &JsValue, name: &str) -> Option<f64> {
    member(object, name).as_f64()
}

fn flag(object: &JsValue, name: &str) -> Option<bool> {
    member(object, name).as_bool()
}

fn read<T: FromWire>(object: &JsValue, name: &str) -> Option<T> {
    T::from_wire(&member(object, name))
}

/// `Some(None)` when the member is absent, `None` when it is there and wrong.
#[expect(clippy::option_option, reason = "absent and wrong are two things")]
fn optional<T: FromWire>(object: &JsValue, name: &str) -> Option<Option<T>> {
    let value = member(object, name);
    if value.is_null() || value.is_undefined() { Some(None) } else { T::from_wire(&value).map(Some) }
}

fn list<T: FromWire>(object: &JsValue, name: &str) -> Option<Vec<T>> {
    let list: Array = member(object, name).dyn_into().ok()?;
    (0..list.length()).map(|at| T::from_wire(&list.get(at))).collect()
}

/// The variant whose name on the wire is `name`.
fn named<T: Copy>(name: Option<String>, variants: &[(&str, T)]) -> Option<T> {
    let name = name?;
    variants.iter().find(|(wire, _)| *wire == name).map(|(_, variant)| *variant)
}

impl FromWire for Config {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            client_id: text(value, "client_id")?,
            authority: text(value, "authority")?,
            scope: text(value, "scope")?,
            sandbox: flag(value, "sandbox")?,
            version: text(value, "version")?,
        })
    }
}

impl FromWire for ItemState {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            item: ItemId(text(value, "item")?),
            mailbox: smtp_address(&text(value, "mailbox")?),
            status: read(value, "status")?,
            problem: optional(value, "problem")?,
            wish: optional(value, "wish")?,
            record: optional(value, "record")?,
            regarding: optional(value, "regarding")?,
            tracked_elsewhere: optional(value, "tracked_elsewhere")?,
            people: list(value, "people")?,
            untrack: list(value, "untrack")?,
            why: list(value, "why")?,
            version: number(value, "version")? as u64,
            at: UtcMs(number(value, "at")? as i64),
        })
    }
}

impl FromWire for Status {
    fn from_wire(value: &JsValue) -> Option<Self> {
        let simple = [
            ("not_tracked", Status::NotTracked),
            ("tracking", Status::Tracking),
            ("untracking", Status::Untracking),
            ("tracked", Status::Tracked),
            ("tracking_pending", Status::TrackingPending),
            ("untracking_pending", Status::UntrackingPending),
            ("record_gone", Status::RecordGone),
        ];
        let is = text(value, "is")?;
        match is.as_str() {
            "waiting" => Some(Status::Waiting {
                goal: read(value, "goal")?,
                problem: read(value, "problem")?,
                next_attempt: UtcMs(number(value, "next_attempt")? as i64),
            }),
            "failed" => Some(Status::Failed { goal: read(value, "goal")?, problem: read(value, "problem")? }),
            other => simple.into_iter().find(|(name, _)| *name == other).map(|(_, status)| status),
        }
    }
}

impl FromWire for Goal {
    fn from_wire(value: &JsValue) -> Option<Self> {
        named(value.as_string(), &[("track", Goal::Track), ("untrack", Goal::Untrack)])
    }
}

impl FromWire for Problem {
    fn from_wire(value: &JsValue) -> Option<Self> {
        let facts = if member(value, "facts").is_undefined() { Vec::new() } else { list(value, "facts")? };
        let retry_after_ms = number(value, "retry_after_ms").map(|ms| ms as u64);
        Some(Self { code: read(value, "code")?, facts, retry_after_ms })
    }
}

impl FromWire for Fact {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { name: text(value, "name")?, value: text(value, "value")? })
    }
}

impl FromWire for Code {
    fn from_wire(value: &JsValue) -> Option<Self> {
        let name = value.as_string()?;
        Code::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl FromWire for RuleId {
    fn from_wire(value: &JsValue) -> Option<Self> {
        let name = value.as_string()?;
        RuleId::ALL.iter().copied().find(|rule| rule.as_str() == name)
    }
}

impl FromWire for Words {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { title: text(value, "title")?, remedy: text(value, "remedy")? })
    }
}

impl FromWire for Wish {
    fn from_wire(value: &JsValue) -> Option<Self> {
        match text(value, "kind")?.as_str() {
            "track" => Some(Wish::Track { regarding: read(value, "regarding")? }),
            "untrack" => Some(Wish::Untrack { record: read(value, "record")? }),
            _ => None,
        }
    }
}

impl FromWire for RegardingWish {
    fn from_wire(value: &JsValue) -> Option<Self> {
        match text(value, "kind")?.as_str() {
            "keep" => Some(RegardingWish::Keep),
            "clear" => Some(RegardingWish::Clear),
            "set" => Some(RegardingWish::Set(read(value, "record")?)),
            "create" => Some(RegardingWish::Create(read(value, "record")?)),
            _ => None,
        }
    }
}

impl FromWire for NewContact {
    fn from_wire(value: &JsValue) -> Option<Self> {
        let id = Uuid::try_parse(&text(value, "id")?).ok()?;
        Some(Self { id, address: smtp_address(&text(value, "address")?), name: text(value, "name")? })
    }
}

impl FromWire for RecordFate {
    fn from_wire(value: &JsValue) -> Option<Self> {
        named(value.as_string(), &[("keep", RecordFate::Keep), ("delete", RecordFate::Delete)])
    }
}

impl FromWire for RecordRef {
    fn from_wire(value: &JsValue) -> Option<Self> {
        let table = Table::new(&text(value, "table")?).ok()?;
        let id = Uuid::try_parse(&text(value, "id")?).ok()?;
        Some(Self { key: RecordKey { table, id }, name: text(value, "name")? })
    }
}

impl FromWire for RecordLink {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { record: RecordRef::from_wire(value)?, url: text(value, "url")? })
    }
}

impl FromWire for Person {
    fn from_wire(value: &JsValue) -> Option<Self> {
        let roles = [("from", Role::From), ("to", Role::To), ("cc", Role::Cc), ("bcc", Role::Bcc)];
        Some(Self {
            role: named(text(value, "role"), &roles)?,
            name: text(value, "name")?,
            address: smtp_address(&text(value, "address")?),
            records: list(value, "records")?,
            matches: if member(value, "matches").is_undefined() {
                Vec::new()
            } else {
                list(value, "matches")?
            },
            why: read(value, "why")?,
        })
    }
}

impl FromWire for UntrackChoice {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            record: read(value, "record")?,
            consequences: list(value, "consequences")?,
            refused: optional(value, "refused")?,
        })
    }
}

impl FromWire for Explanation {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { rule: read(value, "rule")?, text: text(value, "text")? })
    }
}

impl FromWire for Suggestions {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { suggestions: list(value, "suggestions")? })
    }
}

impl FromWire for Suggestion {
    fn from_wire(value: &JsValue) -> Option<Self> {
        let reasons = [
            ("correspondent", SuggestedBecause::Correspondent),
            ("open_opportunity", SuggestedBecause::OpenOpportunity),
            ("open_case", SuggestedBecause::OpenCase),
            ("recent", SuggestedBecause::Recent),
        ];
        let because = named(text(value, "because"), &reasons)?;
        Some(Self { record: read(value, "record")?, because, detail: text(value, "detail")? })
    }
}

impl FromWire for Records {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { records: list(value, "records")?, more: flag(value, "more")? })
    }
}

impl FromWire for FoundRecord {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { record: read(value, "record")?, detail: text(value, "detail")? })
    }
}

impl FromWire for States {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { states: list(value, "states")? })
    }
}

impl FromWire for ItemBrief {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            item: ItemId(text(value, "item")?),
            status: read(value, "status")?,
            problem: optional(value, "problem")?,
            version: number(value, "version")? as u64,
        })
    }
}

impl FromWire for WishesAnswer {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { answers: list(value, "answers")? })
    }
}

impl FromWire for WishAnswer {
    fn from_wire(value: &JsValue) -> Option<Self> {
        let reception = match text(value, "is")?.as_str() {
            "accepted" => Reception::Accepted,
            "taken" => Reception::Taken,
            "refused" => Reception::Refused { code: read(value, "code")?, problem: read(value, "problem")? },
            _ => return None,
        };
        let id = Uuid::try_parse(&text(value, "id")?).ok()?;
        Some(Self { id, item: ItemId(text(value, "item")?), reception })
    }
}

impl FromWire for Surroundings {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            conversation: optional(value, "conversation")?,
            names_differ: optional(value, "names_differ")?,
        })
    }
}

impl FromWire for Following {
    fn from_wire(value: &JsValue) -> Option<Self> {
        named(value.as_string(), &[("followed", Following::Followed), ("stopped", Following::Stopped)])
    }
}

impl FromWire for ConversationStanding {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { following: read(value, "following")? })
    }
}

impl FromWire for ConversationTracked {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { states: list(value, "states")?, more: flag(value, "more")? })
    }
}

impl FromWire for Folders {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            folders: list(value, "folders")?,
            most: number(value, "most")? as u32,
            idle: optional(value, "idle")?,
        })
    }
}

impl FromWire for Folder {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            id: FolderId(text(value, "id")?),
            name: text(value, "name")?,
            depth: number(value, "depth")? as u32,
            mapping: optional(value, "mapping")?,
        })
    }
}

impl FromWire for FolderMapping {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { regarding: optional(value, "regarding")? })
    }
}

impl FromWire for OwnMailbox {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            address: smtp_address(&text(value, "address")?),
            lines: list(value, "lines")?,
            failing: list(value, "failing")?,
        })
    }
}

impl FromWire for Line {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            text: text(value, "text")?,
            rule: optional(value, "rule")?,
            at: number(value, "at").map(|at| UtcMs(at as i64)),
        })
    }
}

impl FromWire for FailingEmail {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self { subject: text(value, "subject")?, lines: list(value, "lines")? })
    }
}

impl FromWire for ProblemDetails {
    fn from_wire(value: &JsValue) -> Option<Self> {
        Some(Self {
            kind: text(value, "type")?,
            title: text(value, "title")?,
            status: number(value, "status")? as u16,
            code: read(value, "code")?,
            remedy: text(value, "remedy")?,
            request_id: text(value, "request_id")?,
            claims: text(value, "claims"),
            retry_after_s: number(value, "retry_after_s").map(|seconds| seconds as u64),
        })
    }
}

/// An object with these members.
fn object(members: &[(&str, &JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // A new object takes every member.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

/// A wish as the service takes it.
pub fn wish_request(request: &WishRequest) -> JsValue {
    object(&[("id", &request.id.to_string().into()), ("wish", &wish(&request.wish))])
}

/// Several wishes as the service takes them.
pub fn wishes_request(request: &WishesRequest) -> JsValue {
    let one = |one: &ItemWish| {
        let (id, item) = (one.id.to_string().into(), one.item.0.as_str().into());
        object(&[("id", &id), ("item", &item), ("wish", &wish(&one.wish))])
    };
    object(&[("wishes", &request.wishes.iter().map(one).collect::<Array>().into())])
}

/// The items whose states are asked for.
pub fn states_request(items: &[ItemId]) -> JsValue {
    let items: Array = items.iter().map(|item| JsValue::from_str(&item.0)).collect();
    object(&[("items", &items.into())])
}

/// A conversation that is to be tracked.
pub fn conversation_request(request: &ConversationRequest) -> JsValue {
    object(&[("id", &request.id.to_string().into()), ("regarding", &regarding_wish(&request.regarding))])
}

/// Whether a conversation is to be followed.
pub fn standing(following: Following) -> JsValue {
    let following = match following {
        Following::Followed => "followed",
        Following::Stopped => "stopped",
    };
    object(&[("following", &following.into())])
}

/// What a folder is mapped to.
pub fn folder_mapping(mapping: &FolderMapping) -> JsValue {
    object(&[("regarding", &mapping.regarding.as_ref().map_or(JsValue::NULL, record_ref))])
}

/// Which of several records somebody is.
pub fn chosen(choice: &Chosen) -> JsValue {
    let RecordKey { table, id } = &choice.record;
    let record = object(&[("table", &table.as_str().into()), ("id", &id.to_string().into())]);
    object(&[("address", &choice.address.as_str().into()), ("record", &record)])
}

fn wish(wish: &Wish) -> JsValue {
    match wish {
        Wish::Track { regarding } => {
            object(&[("kind", &"track".into()), ("regarding", &regarding_wish(regarding))])
        }
        Wish::Untrack { record } => {
            let fate = match record {
                RecordFate::Keep => "keep",
                RecordFate::Delete => "delete",
            };
            object(&[("kind", &"untrack".into()), ("record", &fate.into())])
        }
    }
}

fn regarding_wish(wish: &RegardingWish) -> JsValue {
    match wish {
        RegardingWish::Keep => object(&[("kind", &"keep".into())]),
        RegardingWish::Clear => object(&[("kind", &"clear".into())]),
        RegardingWish::Set(record) => object(&[("kind", &"set".into()), ("record", &record_ref(record))]),
        RegardingWish::Create(NewContact { id, address, name }) => {
            let contact = object(&[
                ("id", &id.to_string().into()),
                ("address", &address.as_str().into()),
                ("name", &name.as_str().into()),
            ]);
            object(&[("kind", &"create".into()), ("record", &contact)])
        }
    }
}

fn record_ref(RecordRef { key, name }: &RecordRef) -> JsValue {
    object(&[
        ("table", &key.table.as_str().into()),
        ("id", &key.id.to_string().into()),
        ("name", &name.as_str().into()),
    ])
}

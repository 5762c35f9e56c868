//! Server-sent events over `fetch`, because `EventSource` cannot carry the user's token.
//!
//! Follows one item, or several, until it is dropped; a stream that ends is opened again, later and later while that fails.

use crate::api;
use crate::host::{ItemKey, Local};
use crate::pane::state::Trouble;
use gloo_net::http::Response;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Reflect, Uint8Array};
use shared::api::{ItemBrief, ItemState};
use shared::item::{ItemId, SmtpAddress};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, AbortSignal, ReadableStreamDefaultReader};

/// First pause before a stream is opened again, in milliseconds.
const FIRST_PAUSE_MS: u32 = 1_000;
/// Longest pause, in milliseconds.
const LONGEST_PAUSE_MS: u32 = 30_000;
/// A line longer than this, in bytes, is none of ours.
const LONGEST_LINE: usize = 1 << 20;

/// What a stream told of one item.
pub enum Told {
    Opened,
    State(Box<ItemState>),
}

/// What a stream told of one among several items.
pub enum ToldOfOne {
    Opened,
    State(ItemBrief),
}

/// Follows items as long as it lives.
pub struct Following(AbortController);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Begins to follow an item; `None` where the browser cannot.
pub fn follow(key: ItemKey, language: &'static str, told: impl Fn(Told) + 'static) -> Option<Following> {
    let open = move |signal: AbortSignal| -> Local<Result<Response, Trouble>> {
        let key = key.clone();
        Box::pin(async move { api::events(&key, language, &signal).await })
    };
    let hear = move |data: Option<String>| match data {
        None => told(Told::Opened),
        Some(data) => api::parse(&data).into_iter().for_each(|state| told(Told::State(Box::new(state)))),
    };
    listen_on(Box::new(open), Box::new(hear))
}

/// Begins to follow several items of a mailbox.
pub fn follow_several(
    mailbox: SmtpAddress,
    items: Vec<ItemId>,
    language: &'static str,
    told: impl Fn(ToldOfOne) + 'static,
) -> Option<Following> {
    let open = move |signal: AbortSignal| -> Local<Result<Response, Trouble>> {
        let (mailbox, items) = (mailbox.clone(), items.clone());
        Box::pin(async move { api::states_events(&mailbox, &items, language, &signal).await })
    };
    let hear = move |data: Option<String>| match data {
        None => told(ToldOfOne::Opened),
        Some(data) => api::parse(&data).into_iter().for_each(|brief| told(ToldOfOne::State(brief))),
    };
    listen_on(Box::new(open), Box::new(hear))
}

type Open = Box<dyn Fn(AbortSignal) -> Local<Result<Response, Trouble>>>;
/// Hears that the stream was opened (`None`), and then the data of each of its states.
type Hear = Box<dyn Fn(Option<String>)>;

/// Opens a stream, and again whenever it ends.
fn listen_on(open: Open, hear: Hear) -> Option<Following> {
    let controller = AbortController::new().ok()?;
    let signal = controller.signal();
    spawn_local(async move {
        let mut failures = 0;
        while !signal.aborted() {
            match open(signal.clone()).await {
                Ok(answer) => {
                    failures = 0;
                    hear(None);
                    if let Some(body) = answer.body() {
                        listen(body.get_reader().unchecked_into(), &signal, &hear).await;
                    }
                }
                // Only the user can mend it; once they signed in, the items are followed anew.
                Err(Trouble::SignedOut { .. }) => return,
                Err(_) => {}
            }
            failures += 1;
            TimeoutFuture::new(pause_ms(failures)).await;
        }
    });
    Some(Following(controller))
}

/// Reads one stream to its end.
async fn listen(reader: ReadableStreamDefaultReader, signal: &AbortSignal, hear: &Hear) {
    let mut frames = Frames::default();
    while let Ok(chunk) = JsFuture::from(reader.read()).await {
        let value = Reflect::get(&chunk, &"value".into()).ok().and_then(|v| v.dyn_into::<Uint8Array>().ok());
        let Some(bytes) = value else { return };
        for data in frames.push(&bytes.to_vec()) {
            if signal.aborted() {
                return;
            }
            hear(Some(data));
        }
    }
}

/// How long to wait before the next attempt after so many failures in a row.
fn pause_ms(failures: u32) -> u32 {
    FIRST_PAUSE_MS.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST_PAUSE_MS)
}

/// Takes a stream's bytes as they come and gives the data of its `state` events.
#[derive(Default)]
struct Frames {
    /// The line that has not ended yet.
    line: Vec<u8>,
    name: String,
    data: String,
}

impl Frames {
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut complete = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    complete.extend(self.end_line(String::from_utf8_lossy(&line).trim_end_matches('\r')));
                }
                _ if self.line.len() < LONGEST_LINE => self.line.push(*byte),
                _ => {}
            }
        }
        complete
    }

    /// An empty line ends an event; lines that start with a colon only keep the connection alive.
    fn end_line(&mut self, line: &str) -> Option<String> {
        if line.is_empty() {
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            return (name == "state" && !data.is_empty()).then_some(data);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunks: &[&[u8]]) -> Vec<String> {
        let mut frames = Frames::default();
        chunks.iter().flat_map(|chunk| frames.push(chunk)).collect()
    }

    #[test]
    fn an_event_is_complete_with_its_empty_line() {
        assert_eq!(read(&[b"event: state\ndata: {}\n"]), Vec::<String>::new());
        assert_eq!(read(&[b"event: state\ndata: {}\n\n"]), ["{}"]);
    }

    #[test]
    fn an_event_may_come_in_pieces_even_within_a_letter() {
        assert_eq!(read(&[b"event: st", b"ate\r\ndata: \xc3", b"\xa4\r\n", b"\r\n"]), ["ä"]);
    }

    #[test]
    fn comments_and_events_of_other_names_are_passed_over() {
        let stream: &[u8] = b": alive\n\nevent: other\ndata: 1\n\nid: 7\nevent:state\ndata:2\n\n";
        assert_eq!(read(&[stream]), ["2"]);
    }

    #[test]
    fn data_on_several_lines_is_one_text() {
        assert_eq!(read(&[b"event: state\ndata: a\ndata: b\n\n"]), ["a\nb"]);
    }

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        assert_eq!([1, 2, 3, 6, 40].map(pause_ms), [1_000, 2_000, 4_000, 30_000, 30_000]);
    }
}

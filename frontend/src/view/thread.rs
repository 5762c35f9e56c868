//! What is around the open message: its conversation (CAT-11, INC-05), and the owner's category (CAT-26).

use super::element::{classed, element};
use super::parts::{Look, Press, button, caution, heading, nothing, paragraph};
use super::{Tools, notices, several};
use crate::pane::event::{Act, Spot};
use crate::pane::state::{Item, Remote};
use leptos::prelude::*;
use shared::api::{Following, Surroundings};

/// That the owner's category has another name than the user's own.
pub fn names(item: &Item) -> AnyView {
    match &item.around {
        Remote::Here(Surroundings { names_differ: Some(differ), .. }) => caution(differ),
        _ => nothing(),
    }
}

/// The conversation, where Exchange knows one.
pub fn thread(item: &Item, tools: Tools) -> AnyView {
    let words = tools.words;
    let Remote::Here(Surroundings { conversation: Some(following), .. }) = &item.around else {
        return nothing();
    };
    let mut parts = Vec::new();
    if *following == Following::Stopped {
        parts.push(paragraph("stopped", words.thread_stopped));
    }
    match &item.thread {
        Remote::Here(thread) => {
            parts.push(several::progress(&thread.states, tools));
            if thread.more {
                parts.push(paragraph("small", words.thread_more));
            }
        }
        Remote::Loading => parts.push(paragraph("small", words.thread_working)),
        Remote::Failed(trouble) => parts.push(problem(trouble, tools)),
        Remote::Absent => {}
    }
    if let Remote::Failed(trouble) = &item.standing {
        parts.push(problem(trouble, tools));
    }
    let (text, next) = match following {
        Following::Followed => (words.thread_stop, Following::Stopped),
        Following::Stopped => (words.thread_follow, Following::Followed),
    };
    let track = Press::unless(item.thread == Remote::Loading);
    let stand = Press::unless(item.standing == Remote::Loading);
    let buttons = [
        button(Look::Plain, words.thread_track, track, Act::TrackThread, tools),
        button(Look::Quiet, text, stand, Act::FollowThread(next), tools),
    ];
    element("SECTION")
        .child(heading(words.thread))
        .child(
            classed("DIV", "details")
                .with("id", Spot::Thread.id())
                .with("tabindex", "-1")
                .with("role", "status")
                .children(parts)
                .view(),
        )
        .child(classed("DIV", "actions").children(buttons).view())
        .view()
}

fn problem(trouble: &crate::pane::state::Trouble, tools: Tools) -> AnyView {
    let (title, remedy) = notices::brief(trouble, tools);
    element("DIV")
        .with("role", "alert")
        .child(paragraph("strong", &title))
        .child(paragraph("", &remedy))
        .view()
}

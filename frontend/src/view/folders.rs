//! The user's own mailbox: how it is synchronized and what fails in it (MBX-04), and the folders whose mail is tracked
//! (FLD-01), with what each is regarding.

use super::element::{classed, element};
use super::parts::{Look, Press, button, heading, icon, named_button, nothing, paragraph, status_heading};
use super::status::clock_time;
use super::{Tools, notices, parts, places, regarding};
use crate::pane::event::Act;
use crate::pane::state::{FolderScreen, Remote};
use crate::words::fill;
use leptos::prelude::*;
use shared::api::{FailingEmail, Folder, Folders, Line};

/// Deepest indentation shown.
const DEEPEST: u32 = 4;

/// Opens the screen, from wherever somebody is signed in.
pub fn door(tools: Tools) -> AnyView {
    classed("FOOTER", "door")
        .child(button(Look::Quiet, tools.words.own_mailbox, Press::Now, Act::OpenFolders, tools))
        .view()
}

/// The screen.
pub fn screen(screen: &FolderScreen, tools: Tools) -> Vec<AnyView> {
    let words = tools.words;
    let back = button(Look::Quiet, words.back, Press::Now, Act::CloseFolders, tools);
    let mut head = classed("SECTION", "folders-head")
        .child(back)
        .child(status_heading(words.own_mailbox))
        .child(mailbox(screen, tools))
        .child(heading(words.folders))
        .child(paragraph("", words.folders_hint));
    if let Some(trouble) = &screen.trouble {
        let (title, remedy) = notices::brief(trouble, tools);
        head = head.child(
            classed("SECTION", "notice")
                .with("role", "alert")
                .child(paragraph("strong", &title))
                .child(paragraph("", &remedy))
                .view(),
        );
    }
    let known = match &screen.known {
        Remote::Here(known) => known,
        Remote::Failed(trouble) => return vec![head.view(), notices::trouble(trouble, tools)],
        Remote::Absent | Remote::Loading => return vec![head.view(), places::skeleton(tools)],
    };
    let used = known.folders.iter().filter(|folder| folder.mapping.is_some()).count();
    let used = fill(&fill(words.folders_used, &used.to_string()), &known.most.to_string());
    let idle = known.idle.iter().map(parts::caution);
    head = head.children(idle).child(classed("P", "small").with("role", "status").text(used).view());
    vec![head.view(), list(known, screen, tools)]
}

fn mailbox(screen: &FolderScreen, tools: Tools) -> AnyView {
    match &screen.mailbox {
        Remote::Here(told) => {
            let failing = told.failing.iter().map(|email| failing(email, tools));
            element("DIV").children(lines(&told.lines, tools)).children(failing).view()
        }
        Remote::Failed(trouble) => paragraph("", &notices::brief(trouble, tools).0),
        Remote::Absent | Remote::Loading => nothing(),
    }
}

/// An email that fails; what is in the way opens below it.
fn failing(email: &FailingEmail, tools: Tools) -> AnyView {
    let subject = element("SUMMARY").with("tabindex", "0").child(icon("icon i-warning")).text(&email.subject);
    classed("DETAILS", "failing").child(subject.view()).children(lines(&email.lines, tools)).view()
}

fn lines(lines: &[Line], tools: Tools) -> impl Iterator<Item = AnyView> {
    lines.iter().map(move |line| {
        let at = line.at.map(|at| [" ", &clock_time(at, tools.words.tag)].concat());
        let rule = line.rule.map(|rule| element("CODE").text(rule.as_str()).view());
        classed("P", "small").text(&line.text).text(at.unwrap_or_default()).text(" ").children(rule).view()
    })
}

fn list(known: &Folders, screen: &FolderScreen, tools: Tools) -> AnyView {
    if known.folders.is_empty() {
        return paragraph("", tools.words.no_folders);
    }
    let rows = known.folders.iter().map(|folder| row(folder, screen, tools));
    classed("UL", "folders").children(rows).view()
}

fn row(folder: &Folder, screen: &FolderScreen, tools: Tools) -> AnyView {
    let words = tools.words;
    let named = |sentence, look, text, act| {
        named_button(look, text, Some(fill(sentence, &folder.name)), Press::Now, act, tools)
    };
    let id = || folder.id.clone();
    let mut lines = vec![classed("SPAN", "name").text(&folder.name).view()];
    let mut buttons = Vec::new();
    let mut drawing = "icon i-folder";
    match &folder.mapping {
        None => {
            buttons.push(named(words.map_folder_named, Look::Plain, words.map_folder, Act::MapFolder(id())));
        }
        Some(mapping) => {
            drawing = "icon i-check";
            let line = match &mapping.regarding {
                Some(record) => fill(words.tracked_regarding, &record.name),
                None => words.tracked.to_owned(),
            };
            lines.push(parts::detail(&line));
            buttons.push(named(
                words.pick_folder_named,
                Look::Plain,
                words.regarding,
                Act::PickForFolder(id()),
            ));
            if mapping.regarding.is_some() {
                buttons.push(named(
                    words.clear_folder_named,
                    Look::Quiet,
                    words.clear,
                    Act::ClearFolder(id()),
                ));
            }
            buttons.push(named(
                words.unmap_folder_named,
                Look::Quiet,
                words.unmap_folder,
                Act::UnmapFolder(id()),
            ));
        }
    }
    if screen.changing.as_ref() == Some(&folder.id) {
        drawing = "icon i-spin";
    }
    let depth = ["d", &folder.depth.min(DEEPEST).to_string()].concat();
    let picking = screen.picking.as_ref() == Some(&folder.id);
    let below = if picking {
        regarding::of_folder(&screen.picker, Press::Now, tools)
    } else {
        classed("DIV", "actions").children(buttons).view()
    };
    classed("LI", ["folder ", &depth].concat())
        .child(
            classed("DIV", "line")
                .child(icon(drawing))
                .child(classed("DIV", "lines").children(lines).view())
                .view(),
        )
        .child(element("DIV").child(below).view())
        .view()
}

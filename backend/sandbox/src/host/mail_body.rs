//! The body of a mail as a document of its own, for the frame in the reading pane.
//!
//! Mail is written by strangers. The document's policy allows no script, no form and nothing from the
//! network; only styles and the pictures that came with the mail. Links open a window of their own.

use super::document;
use crate::World;
use crate::exchange::{Attachment, Body, Message, Refusal};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; \
                      sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox";
const STYLE: &str = "body{margin:0;font:14px/20px 'Segoe UI',system-ui,sans-serif;overflow-wrap:anywhere}\
                     img,table{max-width:100%}pre{white-space:pre-wrap;font:inherit;margin:0}";
const LIGHT: &str = ":root{color-scheme:light;color:#242424}";
const DARK: &str = ":root{color-scheme:dark;color:#fff}a{color:#62abf5}";
/// Mail that brings its own colours was made for white paper. It is turned over as a whole, so that white
/// becomes the dark page's own grey (`#292929`) and every hue stays; pictures are turned back.
const NEGATIVE: &str = ":root{color-scheme:light;color:#242424;background:#fff;filter:invert(.84) hue-rotate(180deg)}\
                        img{filter:invert(1) hue-rotate(180deg)}";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Theme {
    #[default]
    Light,
    Dark,
}

/// How the reading pane looks.
#[derive(Debug, Deserialize)]
pub(super) struct Look {
    #[serde(default)]
    theme: Theme,
}

/// `GET /host/body/{mailbox}/{message}?theme=`.
pub(super) async fn show(
    State(world): State<Arc<World>>,
    Path((mailbox, message)): Path<(String, String)>,
    Query(look): Query<Look>,
) -> Response {
    let exchange = world.exchange();
    let found = exchange.mailbox(&mailbox).and_then(|mailbox| mailbox.message_named(&message));
    match found {
        Ok(message) => {
            document("text/html; charset=utf-8", Some(POLICY.to_owned()), page(message, look.theme))
        }
        Err(refusal @ Refusal::MalformedId) => (StatusCode::BAD_REQUEST, refusal.to_string()).into_response(),
        Err(refusal) => (StatusCode::NOT_FOUND, refusal.to_string()).into_response(),
    }
}

fn page(message: &Message, theme: Theme) -> String {
    let (body, brings_colours) = match &message.body {
        Body::Html(html) => (with_pictures(html, &message.attachments), brings_colours(html)),
        Body::Text(text) => (format!("<pre>{}</pre>", escaped(text)), false),
    };
    let colours = match theme {
        Theme::Light => LIGHT,
        Theme::Dark if brings_colours => NEGATIVE,
        Theme::Dark => DARK,
    };
    format!(
        "<!doctype html><meta charset=\"utf-8\"><base target=\"_blank\"><style>{colours}{STYLE}</style>{body}"
    )
}

/// Whether the mail sets colours, in styles or in the attributes of old.
fn brings_colours(html: &str) -> bool {
    let html = html.to_ascii_lowercase();
    ["color:", "background:", "bgcolor", "<font"].iter().any(|sign| html.contains(sign))
}

/// Puts pictures in place of the `cid:` addresses that name them.
fn with_pictures(html: &str, attachments: &[Attachment]) -> String {
    attachments.iter().fold(html.to_owned(), |html, attachment| match &attachment.content_id {
        Some(id) if attachment.content_type.starts_with("image/") => {
            let data =
                format!("data:{};base64,{}", attachment.content_type, STANDARD.encode(&attachment.content));
            html.replace(&format!("cid:{}", id.trim_matches(['<', '>'])), &escaped(&data))
        }
        _ => html,
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn message(body: Body) -> Message {
        let mut message = Message::new(jiff::Timestamp::UNIX_EPOCH, "<a@b.example>".to_owned(), Uuid::nil());
        message.body = body;
        message
    }

    #[test]
    fn plain_text_is_shown_as_text() {
        let shown = page(&message(Body::Text("5 < 6 & <script>".to_owned())), Theme::Light);
        assert!(shown.contains("<pre>5 &lt; 6 &amp; &lt;script&gt;</pre>"), "{shown}");
    }

    #[test]
    fn a_mail_with_own_colours_is_turned_over_in_the_dark() {
        let coloured = message(Body::Html("<p style=\"color: #000\">x</p>".to_owned()));
        let plain = message(Body::Html("<p>x</p>".to_owned()));
        assert!(page(&coloured, Theme::Dark).contains(NEGATIVE));
        assert!(page(&plain, Theme::Dark).contains(DARK));
        assert!(page(&coloured, Theme::Light).contains(LIGHT));
    }

    #[test]
    fn pictures_that_came_with_the_mail_are_shown() {
        let picture = Attachment {
            id: Uuid::nil(),
            name: "logo.png".to_owned(),
            content_type: "image/png".to_owned(),
            content_id: Some("<logo@x>".to_owned()),
            is_inline: true,
            content: vec![1, 2, 3],
        };
        let html = with_pictures("<img src=\"cid:logo@x\">", &[picture]);
        assert_eq!(html, "<img src=\"data:image/png;base64,AQID\">");
    }
}

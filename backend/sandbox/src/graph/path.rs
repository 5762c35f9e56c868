//! The path of a request: collections with their keys, however the client writes them.
//!
//! `/users/ada@x/mailFolders/inbox/messages`, `/Users('ada@x')/mailfolders('inbox')/messages` and
//! `…/microsoft.graph.delta()` all name what they say; names ignore case, keys do not.

use super::problem::Problem;
use percent_encoding::percent_decode_str;

/// One segment: a name in lower case, and the key where it is a collection and one is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub name: String,
    pub key: Option<String>,
}

const COLLECTIONS: [&str; 9] = [
    "users",
    "messages",
    "mailfolders",
    "childfolders",
    "attachments",
    "extensions",
    "mastercategories",
    "subscriptions",
    "events",
];

/// Splits a path below the version, such as `/me/messages/AAMk`.
pub fn parse(path: &str) -> Result<Vec<Segment>, Problem> {
    let mut segments: Vec<Segment> = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let text = percent_decode_str(raw)
            .decode_utf8()
            .map_err(|_| Problem::parse_uri("The address is not valid UTF-8."))?;
        if let Some(last) = segments.last_mut()
            && last.key.is_none()
            && COLLECTIONS.contains(&last.name.as_str())
            && !is_function(&text)
        {
            last.key = Some(text.into_owned());
            continue;
        }
        segments.push(segment(&text));
    }
    // A cast to a derived type selects nothing here: every message answers as what it is.
    segments.retain(|segment| !matches!(segment.name.as_str(), "eventmessage" | "eventmessagerequest"));
    Ok(segments)
}

fn is_function(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with('$')
        || lower.starts_with("microsoft.graph.")
        || lower == "delta"
        || lower.starts_with("delta(")
}

fn segment(text: &str) -> Segment {
    let bare = match text.get(..16) {
        Some(prefix) if prefix.eq_ignore_ascii_case("microsoft.graph.") => &text[16..],
        _ => text,
    };
    match bare.split_once('(') {
        Some((name, rest)) => {
            let inner = rest.strip_suffix(')').unwrap_or(rest);
            let key = inner.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\''));
            Segment { name: name.to_ascii_lowercase(), key: key.map(|key| key.replace("''", "'")) }
        }
        None => Segment { name: bare.to_ascii_lowercase(), key: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Vec<(String, Option<String>)> {
        parse(path).unwrap().into_iter().map(|segment| (segment.name, segment.key)).collect()
    }

    #[test]
    fn both_ways_to_write_a_key_mean_the_same() {
        let plain = read("/users/ada@x.example/mailFolders/inbox/messages/AA%3D/attachments");
        assert_eq!(plain, read("/Users('ada@x.example')/mailfolders('inbox')/messages('AA=')/attachments"));
        assert_eq!(plain[2], ("messages".to_owned(), Some("AA=".to_owned())));
    }

    #[test]
    fn functions_are_not_taken_for_keys() {
        for path in ["/me/messages/delta", "/me/messages/delta()", "/me/messages/microsoft.graph.delta()"] {
            assert_eq!(
                read(path)[1..],
                [("messages".to_owned(), None), ("delta".to_owned(), None)],
                "{path}"
            );
        }
        assert_eq!(read("/me/messages/$count")[2].0, "$count");
        assert_eq!(read("/me/messages/A/microsoft.graph.move")[2].0, "move");
    }
}

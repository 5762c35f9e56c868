//! What a request asks for: its address, its query options and its preferences, taken apart.

use super::errors::{Answer, Fault};
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// Query options, decoded.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub select: Vec<String>,
    pub filter: Option<String>,
    pub orderby: Option<String>,
    pub expand: Vec<Expand>,
    pub top: Option<usize>,
    pub count: bool,
    pub skiptoken: Option<String>,
    pub deltatoken: Option<String>,
    /// Parameter aliases, `@p1` to the text of their value.
    pub aliases: BTreeMap<String, String>,
    /// The options as sent, for the `nextLink`.
    pub raw: String,
}

/// One navigation property of `$expand` with its own options.
#[derive(Debug, Clone, Default)]
pub struct Expand {
    pub navigation: String,
    pub select: Vec<String>,
    pub filter: Option<String>,
    pub orderby: Option<String>,
    pub top: Option<usize>,
    pub inner: Vec<Expand>,
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn number(name: &str, text: &str) -> Answer<usize> {
    let message = || {
        format!(
            "Invalid value '{text}' for {name} query option found. The {name} query option requires a non-negative integer value."
        )
    };
    text.trim().parse().map_err(|_| Fault::bad_query(message()))
}

impl Options {
    pub fn parse(query: &str) -> Answer<Self> {
        let mut options = Options { raw: query.to_owned(), ..Options::default() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name), decode(value));
            match name.as_str() {
                "$select" => options.select = list(&value),
                "$filter" => options.filter = Some(value),
                "$orderby" => options.orderby = Some(value),
                "$expand" => options.expand = expansions(&value, 0)?,
                "$top" => options.top = Some(number("$top", &value)?),
                "$count" => options.count = value.trim() == "true",
                "$skiptoken" => options.skiptoken = Some(value),
                "$deltatoken" => options.deltatoken = Some(value),
                "$skip" => return Err(Fault::bad_query("Skip Clause is not supported in CRM")),
                "$format" => {}
                _ if name.starts_with('$') => {
                    return Err(Fault::bad_query(format!("The query option '{name}' is not supported.")));
                }
                _ if name.starts_with('@') => {
                    options.aliases.insert(name, value);
                }
                _ => {}
            }
        }
        Ok(options)
    }

    /// The options as sent, without the paging token.
    pub fn without_skiptoken(&self) -> String {
        let kept: Vec<&str> = self
            .raw
            .split('&')
            .filter(|pair| !pair.is_empty())
            .filter(|pair| decode(pair.split('=').next().unwrap_or_default()) != "$skiptoken")
            .collect();
        kept.join("&")
    }
}

/// Splits at `separator`, but not inside parentheses or quotes.
fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_i32, false, 0);
    let mut pieces = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ if c == separator && depth == 0 && !quoted => {
                pieces.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

fn expansions(text: &str, depth: usize) -> Answer<Vec<Expand>> {
    if depth > 5 {
        return Err(Fault::bad_query("$expand is nested too deeply."));
    }
    let mut found = Vec::new();
    for item in split_outside(text, ',') {
        let item = item.trim();
        let (name, inner) = match item.split_once('(') {
            None => (item, ""),
            Some((name, rest)) => {
                let inner = rest.strip_suffix(')').ok_or_else(|| {
                    Fault::bad_query(format!("Found an unbalanced bracket expression in '{item}'."))
                })?;
                (name, inner)
            }
        };
        let mut expand = Expand { navigation: name.to_owned(), ..Expand::default() };
        for option in split_outside(inner, ';').into_iter().filter(|option| !option.trim().is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match name.trim() {
                "$select" => expand.select = list(value),
                "$filter" => expand.filter = Some(value.to_owned()),
                "$orderby" => expand.orderby = Some(value.to_owned()),
                "$top" => expand.top = Some(number("$top", value)?),
                "$expand" => expand.inner = expansions(value, depth + 1)?,
                other => {
                    return Err(Fault::bad_query(format!(
                        "The query option '{other}' is not supported in $expand."
                    )));
                }
            }
        }
        found.push(expand);
    }
    Ok(found)
}

/// Which annotations the client wants, as patterns of `odata.include-annotations`.
#[derive(Debug, Clone, Default)]
pub struct Annotations(Vec<String>);

impl Annotations {
    pub fn wants(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        })
    }

    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}

/// The `Prefer` headers.
#[derive(Debug, Clone, Default)]
pub struct Preferences {
    pub representation: bool,
    pub annotations: Annotations,
    pub page_size: Option<usize>,
    pub track_changes: bool,
    pub continue_on_error: bool,
    /// What `Preference-Applied` says.
    pub applied: Vec<String>,
}

/// The largest page; larger wishes count as this.
pub const LARGEST_PAGE: usize = 5_000;

impl Preferences {
    pub fn parse(headers: &HeaderMap) -> Self {
        let mut preferences = Preferences::default();
        for header in headers.get_all("prefer") {
            let text = header.to_str().unwrap_or_default();
            for preference in split_quoted(text) {
                preferences.take(preference.trim());
            }
        }
        preferences
    }

    fn take(&mut self, preference: &str) {
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "return" => {
                self.representation = value == "representation";
                self.applied.push(preference.to_owned());
            }
            "odata.include-annotations" | "include-annotations" => {
                self.annotations = Annotations(list(value));
                self.applied.push(format!("odata.include-annotations=\"{value}\""));
            }
            "odata.maxpagesize" | "maxpagesize" => {
                if let Ok(size) = value.parse::<usize>()
                    && size > 0
                {
                    self.page_size = Some(size.min(LARGEST_PAGE));
                    self.applied.push(format!("odata.maxpagesize={size}"));
                }
            }
            "odata.track-changes" | "track-changes" => {
                self.track_changes = true;
                self.applied.push("odata.track-changes".to_owned());
            }
            "odata.continue-on-error" | "continue-on-error" => {
                self.continue_on_error = value != "false";
            }
            _ => {}
        }
    }
}

/// Splits a `Prefer` header at its commas, but not inside quotes.
fn split_quoted(text: &str) -> Vec<&str> {
    let (mut quoted, mut start) = (false, 0);
    let mut pieces = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                pieces.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// One piece of the path: a name, and what stands in its parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub name: String,
    pub key: Option<String>,
}

/// Takes the path apart, e.g. `emails(1f…)/subject`. Slashes inside quotes or parentheses do not part.
pub fn segments(path: &str) -> Vec<Segment> {
    let decoded = percent_decode_str(path).decode_utf8_lossy().into_owned();
    split_outside(decoded.trim_matches('/'), '/')
        .into_iter()
        .map(|piece| match piece.split_once('(') {
            Some((name, rest)) => {
                let key = rest.strip_suffix(')').unwrap_or(rest);
                Segment { name: name.to_owned(), key: Some(key.to_owned()) }
            }
            None => Segment { name: piece.to_owned(), key: None },
        })
        .collect()
}

//! The query options of a request, and the preferences of its `Prefer` headers.

use super::filter::{self, Expr, SortKey};
use super::problem::Problem;
use crate::exchange::IdForm;
use http::HeaderMap;
use percent_encoding::percent_decode_str;

/// The options that a client may add to a list or an item.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

/// A navigation property to show, with its own options.
#[derive(Debug, Clone, PartialEq)]
pub struct Expand {
    pub name: String,
    pub filter: Option<Expr>,
    pub select: Option<Vec<String>>,
}

impl Query {
    pub fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let decode = |raw: &str| {
            percent_decode_str(&raw.replace('+', "%20"))
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| Problem::parse_uri("The query is not valid UTF-8."))
        };
        let pairs = text
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<Result<_, Problem>>()?;
        Ok(Self { pairs })
    }

    /// An option by its name, with or without the `$`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key.strip_prefix('$').unwrap_or(key).eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Result<Option<usize>, Problem> {
        self.get(name)
            .map(|text| {
                text.trim().parse().map_err(|_| {
                    Problem::bad_request(format!(
                        "Invalid value '{text}' for ${name} query option found. The ${name} query option requires a \
                         non-negative integer value."
                    ))
                })
            })
            .transpose()
    }

    /// `$top`: 1 to 1000.
    pub fn top(&self) -> Result<Option<usize>, Problem> {
        match self.number("top")? {
            Some(top) if !(1..=1000).contains(&top) => Err(Problem::bad_request(format!(
                "The limit of '1000' for Top query has been exceeded. The value from the incoming request is '{top}'."
            ))),
            top => Ok(top),
        }
    }

    pub fn skip(&self) -> Result<usize, Problem> {
        Ok(self.number("skip")?.unwrap_or(0))
    }

    pub fn wants_count(&self) -> bool {
        self.get("count").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub fn select(&self) -> Option<Vec<String>> {
        let names: Vec<String> = self
            .get("select")?
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        (!names.is_empty() && !names.iter().any(|name| name == "*")).then_some(names)
    }

    pub fn filter(&self) -> Result<Option<Expr>, Problem> {
        self.get("filter").map(filter::parse).transpose()
    }

    pub fn order(&self) -> Result<Vec<SortKey>, Problem> {
        self.get("orderby").map_or(Ok(Vec::new()), filter::parse_order)
    }

    pub fn expand(&self) -> Result<Vec<Expand>, Problem> {
        read_expand(self.get("expand"))
    }
}

/// Reads what stands behind `$expand=`.
pub fn read_expand(text: Option<&str>) -> Result<Vec<Expand>, Problem> {
    text.map_or(Ok(Vec::new()), |text| split_outside(text, ',').into_iter().map(expand).collect())
}

fn expand(text: &str) -> Result<Expand, Problem> {
    let (name, options) = match text.trim().split_once('(') {
        Some((name, rest)) => {
            (name, rest.strip_suffix(')').ok_or_else(|| Problem::bad_request("$expand lacks a ')'."))?)
        }
        None => (text.trim(), ""),
    };
    let mut expand = Expand { name: name.to_ascii_lowercase(), filter: None, select: None };
    for option in split_outside(options, ';') {
        match option.trim().split_once('=') {
            Some(("$filter", value)) => expand.filter = Some(filter::parse(value)?),
            Some(("$select", value)) => {
                expand.select = Some(value.split(',').map(|name| name.trim().to_owned()).collect());
            }
            _ => return Err(Problem::bad_request(format!("'{option}' is not supported inside $expand."))),
        }
    }
    Ok(expand)
}

/// Splits at a mark that stands neither in parentheses nor in a literal.
fn split_outside(text: &str, mark: char) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_usize, false, 0);
    let mut pieces = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            c if c == mark && !quoted && depth == 0 => {
                pieces.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// Which of the two a body is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    AsStored,
    Text,
}

/// What the client prefers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefer {
    pub ids: IdForm,
    pub bodies: BodyForm,
    pub page: Option<usize>,
    /// What the answer confirms in `Preference-Applied`.
    pub applied: Vec<String>,
}

impl Prefer {
    /// Reads all `Prefer` headers; each may hold several preferences.
    pub fn read(headers: &HeaderMap) -> Self {
        let mut prefer =
            Self { ids: IdForm::Mutable, bodies: BodyForm::AsStored, page: None, applied: Vec::new() };
        let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for one in values.flat_map(|value| value.split([',', ';'])) {
            let (name, value) = one.trim().split_once('=').unwrap_or((one.trim(), ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "idtype" if value.eq_ignore_ascii_case("ImmutableId") => {
                    prefer.ids = IdForm::Immutable;
                    prefer.applied.push("IdType=\"ImmutableId\"".to_owned());
                }
                "outlook.body-content-type" => {
                    if value.eq_ignore_ascii_case("text") {
                        prefer.bodies = BodyForm::Text;
                    }
                    prefer
                        .applied
                        .push(format!("outlook.body-content-type=\"{}\"", value.to_ascii_lowercase()));
                }
                "odata.maxpagesize" => {
                    if let Ok(size) = value.parse::<usize>()
                        && size > 0
                    {
                        prefer.page = Some(size.min(1000));
                        prefer.applied.push(format!("odata.maxpagesize={size}"));
                    }
                }
                _ => {}
            }
        }
        prefer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_may_share_one_header_or_have_their_own() {
        let mut headers = HeaderMap::new();
        headers.append("prefer", "IdType=\"ImmutableId\", odata.maxpagesize=5".parse().unwrap());
        headers.append("prefer", "outlook.body-content-type=\"text\"".parse().unwrap());
        let prefer = Prefer::read(&headers);
        assert_eq!((prefer.ids, prefer.page, prefer.bodies), (IdForm::Immutable, Some(5), BodyForm::Text));
        assert_eq!(prefer.applied.len(), 3);
    }

    #[test]
    fn options_inside_an_expand_keep_their_commas() {
        let query = Query::parse(Some(
            "$expand=attachments($select=id,name),singleValueExtendedProperties($filter=id%20eq%20'A,(B')",
        ))
        .unwrap();
        let expand = query.expand().unwrap();
        assert_eq!(expand.len(), 2);
        assert_eq!(expand[0].select.as_deref(), Some(&["id".to_owned(), "name".to_owned()][..]));
    }
}

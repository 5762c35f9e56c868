//! Dataverse search: one question over many tables, limited to what the caller may read.
//!
//! Parameters and the answer are strings that hold JSON, as in the real service. A word matches the beginning
//! of a word, without regard to case or accents. An administrator can switch search off.

use super::asking::Asking;
use super::errors::{Answer, Fault};
use super::filter;
use super::matching;
use super::metadata::{Table, schema, table};
use super::reply::Reply;
use super::rights::Verb;
use super::shape;
use super::store::Row;
use super::web::Question;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Tables that are searched when none are named.
const SEARCHED: [&str; 6] = ["account", "contact", "lead", "opportunity", "incident", "email"];

#[derive(Debug, Deserialize)]
struct Wanted {
    search: Option<String>,
    #[serde(default)]
    count: bool,
    entities: Option<String>,
    options: Option<String>,
    orderby: Option<String>,
    #[serde(default)]
    skip: usize,
    top: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity {
    name: String,
    #[serde(default)]
    select_columns: Vec<String>,
    #[serde(default)]
    search_columns: Vec<String>,
    filter: Option<String>,
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "0x80048d0b", message)
}

/// One hit.
struct Hit {
    score: f64,
    body: Value,
    modified: String,
}

/// `POST /api/search/v2.0/query` and `POST …/searchquery`.
pub fn query(asking: Asking<'_>, question: &Question) -> Answer<Reply> {
    let path = question.path.trim_end_matches('/');
    if !(path.ends_with("/query") || path.ends_with("/searchquery")) {
        return Err(Fault::unknown_segment(path.rsplit('/').next().unwrap_or_default()));
    }
    if question.method != Method::POST {
        let message = "The requested resource does not support http method 'GET'.";
        return Err(Fault::new(StatusCode::METHOD_NOT_ALLOWED, "0x80060889", message));
    }
    if !asking.org.switches.search_enabled {
        return Err(invalid("Dataverse Search feature is disabled for this organization."));
    }
    let wanted: Wanted = serde_json::from_value(Value::Object(question.object("searchquery")?))
        .map_err(|reason| invalid(format!("The search request is malformed: {reason}")))?;
    let text = wanted.search.as_deref().unwrap_or_default().trim();
    let length = text.chars().count();
    if !(3..=100).contains(&length) {
        return Err(invalid("The search term must have between 3 and 100 characters."));
    }
    let top = wanted.top.unwrap_or(50);
    if top == 0 || top > 100 {
        return Err(invalid("The value of 'top' must be between 1 and 100."));
    }
    let all_words = wanted
        .options
        .as_deref()
        .is_some_and(|options| options.contains("searchmodeall") || options.contains("searchmodelall"));
    let terms = Terms::read(text, all_words);
    let mut hits = Vec::new();
    for entity in entities(wanted.entities.as_deref())? {
        collect(asking, &entity, &terms, &mut hits)?;
    }
    order(&mut hits, wanted.orderby.as_deref());
    let total = hits.len();
    let value: Vec<Value> = hits.into_iter().skip(wanted.skip).take(top).map(|hit| hit.body).collect();
    let count = if wanted.count { total as i64 } else { -1 };
    let response = json!({"Error": null, "Value": value, "Facets": {}, "QueryContext": null, "Count": count});
    let context = format!("{}/$metadata#Microsoft.Dynamics.CRM.searchqueryResponse", asking.base);
    Ok(Reply::json(StatusCode::OK, &json!({"@odata.context": context, "response": response.to_string()})))
}

fn order(hits: &mut [Hit], orderby: Option<&str>) {
    let by_time = orderby.is_some_and(|text| text.contains("modifiedon"));
    hits.sort_by(|a, b| {
        let score = b.score.total_cmp(&a.score);
        if by_time { b.modified.cmp(&a.modified).then(score) } else { score }
    });
}

fn entities(text: Option<&str>) -> Answer<Vec<Entity>> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        let entity = |name: &str| Entity {
            name: name.to_owned(),
            select_columns: vec![],
            search_columns: vec![],
            filter: None,
        };
        return Ok(SEARCHED.map(entity).into());
    };
    let malformed = |reason| {
        invalid(format!("The value of 'entities' must be a string that holds a JSON array: {reason}"))
    };
    serde_json::from_str(text).map_err(malformed)
}

fn collect(asking: Asking<'_>, entity: &Entity, terms: &Terms, hits: &mut Vec<Hit>) -> Answer<()> {
    let of = schema().by_name(&entity.name).filter(|table| !table.searched.is_empty());
    let of = of.ok_or_else(|| invalid(format!("The table '{}' is not enabled for search.", entity.name)))?;
    let view = asking.view();
    let condition = match &entity.filter {
        Some(text) => Some(filter::parse(text, of, &view.surroundings)?),
        None => None,
    };
    shape::check(of, &entity.select_columns, &[])?;
    shape::check(of, &entity.search_columns, &[])?;
    for (stored, id, row) in asking.org.rows(table(of.logical)) {
        let fits = condition.as_ref().is_none_or(|c| matching::matches(asking.org, &asking.who, c, id, row));
        if !fits || !asking.org.may(&asking.who, Verb::Read, stored, id, row) {
            continue;
        }
        let columns: Vec<&str> = match entity.search_columns.as_slice() {
            [] => of.searched.to_vec(),
            named => named.iter().map(String::as_str).collect(),
        };
        let Some((score, highlights)) = terms.find(of, row, &columns) else { continue };
        let mut attributes = view.object(of, id, row, &selected(of, entity), &[])?;
        attributes.retain(|name, _| !name.starts_with("@odata") && name != of.id);
        attributes.insert("@search.objecttypecode".to_owned(), json!(of.type_code));
        hits.push(Hit {
            score,
            modified: row
                .cells
                .get("modifiedon")
                .map(shape::plain)
                .and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default(),
            body: json!({
                "Id": id,
                "EntityName": of.logical,
                "ObjectTypeCode": 0,
                "Attributes": attributes,
                "Highlights": highlights,
                "Score": score,
            }),
        });
    }
    Ok(())
}

fn selected(of: &Table, entity: &Entity) -> Vec<String> {
    let mut columns = entity.select_columns.clone();
    if columns.is_empty() {
        columns.push(of.name.to_owned());
    }
    columns
}

/// The words of a search in simple syntax.
#[derive(Debug, Default)]
struct Terms {
    /// At least one of these, or all of them.
    wanted: Vec<String>,
    required: Vec<String>,
    forbidden: Vec<String>,
    all: bool,
}

impl Terms {
    fn read(text: &str, all: bool) -> Self {
        let mut terms = Terms { all, ..Terms::default() };
        let (mut word, mut sign, mut quoted) = (String::new(), ' ', false);
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => word.extend(letters.next()),
                '"' => quoted = !quoted,
                '+' | '|' | '-' | '(' | ')' if !quoted && (word.is_empty() || letter != '-') => {
                    terms.push(&mut word, sign);
                    sign = letter;
                }
                '*' if !quoted => {}
                _ if letter.is_whitespace() && !quoted => {
                    terms.push(&mut word, sign);
                    sign = ' ';
                }
                _ => word.push(letter),
            }
        }
        terms.push(&mut word, sign);
        terms
    }

    fn push(&mut self, word: &mut String, sign: char) {
        let folded = fold(&std::mem::take(word)).trim().to_owned();
        if folded.is_empty() {
            return;
        }
        match sign {
            '+' => self.required.push(folded),
            '-' => self.forbidden.push(folded),
            _ => self.wanted.push(folded),
        }
    }

    /// Score and highlights of a row, if it is a hit.
    fn find(&self, of: &Table, row: &Row, columns: &[&str]) -> Option<(f64, Map<String, Value>)> {
        let texts: Vec<(&str, &str)> =
            columns.iter().filter_map(|column| row.text(column).map(|text| (*column, text))).collect();
        let found = |term: &String| texts.iter().any(|(_, text)| position(text, term).is_some());
        if self.forbidden.iter().any(found) || !self.required.iter().all(found) {
            return None;
        }
        let met = self.wanted.iter().filter(|term| found(term)).count();
        let enough = if self.all { met == self.wanted.len() } else { met > 0 || self.wanted.is_empty() };
        if !enough {
            return None;
        }
        let mut score = (met + self.required.len()) as f64;
        let mut highlights = Map::new();
        for (column, text) in texts {
            let terms = self.wanted.iter().chain(&self.required);
            let mut spans: Vec<(usize, usize)> = terms.filter_map(|term| position(text, term)).collect();
            spans.sort_unstable();
            spans.dedup();
            if spans.is_empty() {
                continue;
            }
            if column == of.name {
                score += 1.0 + 1.0 / (1.0 + text.chars().count() as f64);
            }
            highlights.insert(column.to_owned(), json!([marked(text, &spans)]));
        }
        Some((score, highlights))
    }
}

/// Lower case without the usual accents, letter by letter.
fn fold(text: &str) -> String {
    text.chars().map(fold_letter).collect()
}

fn fold_letter(letter: char) -> char {
    let lower = letter.to_lowercase().next().unwrap_or(letter);
    match lower {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

/// Where a term stands at the beginning of a word: first and last letter, counted in letters.
fn position(text: &str, term: &str) -> Option<(usize, usize)> {
    let letters: Vec<char> = text.chars().map(fold_letter).collect();
    let term: Vec<char> = term.chars().collect();
    let at = letters
        .windows(term.len())
        .enumerate()
        .find(|(at, window)| *window == term.as_slice() && (*at == 0 || !letters[at - 1].is_alphanumeric()));
    at.map(|(at, _)| (at, at + term.len()))
}

fn marked(text: &str, spans: &[(usize, usize)]) -> String {
    let mut marked = String::new();
    let mut end = 0;
    for (at, letter) in text.chars().enumerate() {
        if let Some(&(_, to)) = spans.iter().find(|(from, _)| *from == at).filter(|_| at >= end) {
            marked.push_str("{crmhit}");
            end = to;
        }
        marked.push(letter);
        if end > 0 && at + 1 == end {
            marked.push_str("{/crmhit}");
        }
    }
    marked
}

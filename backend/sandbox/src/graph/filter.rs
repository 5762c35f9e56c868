//! `$filter` and `$orderby`: parsed into a tree and evaluated over the JSON that the item would be shown as.
//!
//! Comparison of text ignores case, as Exchange's restrictions do. A filter that cannot be parsed is an
//! error of the request, never *everything* or *nothing*.

use super::problem::Problem;
use jiff::Timestamp;
use serde_json::Value;
use std::cmp::Ordering;

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Or(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Compare(Term, Operator, Term),
    Call(Function, Term, Term),
    In(Term, Vec<Term>),
    Any {
        path: Vec<String>,
        variable: String,
        inner: Option<Box<Expr>>,
    },
    All {
        path: Vec<String>,
        variable: String,
        inner: Box<Expr>,
    },
    /// A property that is itself true or false.
    Truth(Term),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    Path(Vec<String>),
    Text(String),
    Moment(Timestamp),
    Number(f64),
    Bool(bool),
    Null,
    Lower(Box<Term>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

/// Nesting deeper than this is refused.
const DEEPEST: usize = 64;

/// Reads a filter.
pub fn parse(text: &str) -> Result<Expr, Problem> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, text };
    let expr = parser.or()?;
    if parser.at < parser.tokens.len() {
        return Err(parser.wrong());
    }
    Ok(expr)
}

fn invalid(text: &str, why: &str) -> Problem {
    Problem::bad_request(format!("Invalid filter clause: {why} in '{text}'."))
}

fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            c if c.is_whitespace() => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            '\'' => {
                let mut literal = String::new();
                loop {
                    match letters.next() {
                        Some('\'') if letters.next_if_eq(&'\'').is_some() => literal.push('\''),
                        Some('\'') => break,
                        Some(c) => literal.push(c),
                        None => return Err(invalid(text, "there is an unterminated string literal")),
                    }
                }
                tokens.push(Token::Text(literal));
            }
            ':' => tokens.push(Token::Colon),
            c => {
                let mut word = c.to_string();
                // A colon belongs to a moment (`08:00`), and ends the variable of a lambda (`c:`).
                while let Some(next) = letters.next_if(|next| {
                    !next.is_whitespace()
                        && !"(),'".contains(*next)
                        && (*next != ':' || word.starts_with(|first: char| first.is_ascii_digit()))
                }) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    text: &'a str,
}

impl Parser<'_> {
    fn wrong(&self) -> Problem {
        invalid(self.text, &format!("there is a syntax error at position {}", self.at + 1))
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, wanted: &Token) -> Result<(), Problem> {
        if self.tokens.get(self.at) == Some(wanted) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let hit = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word == wanted);
        self.at += usize::from(hit);
        hit
    }

    fn or(&mut self) -> Result<Expr, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(invalid(self.text, "the nesting is too deep"));
        }
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, Problem> {
        let mut left = self.unary()?;
        while self.take_word("and") {
            left = Expr::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, Problem> {
        if self.take_word("not") {
            return Ok(Expr::Not(Box::new(self.unary_below()?)));
        }
        self.primary()
    }

    fn unary_below(&mut self) -> Result<Expr, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(invalid(self.text, "the nesting is too deep"));
        }
        let expr = self.unary();
        self.depth -= 1;
        expr
    }

    fn primary(&mut self) -> Result<Expr, Problem> {
        if self.tokens.get(self.at) == Some(&Token::Open) {
            self.at += 1;
            let expr = self.or()?;
            self.take(&Token::Close)?;
            return Ok(expr);
        }
        if let (Some(Token::Word(word)), Some(Token::Open)) =
            (self.tokens.get(self.at).cloned(), self.tokens.get(self.at + 1))
        {
            let lower = word.to_ascii_lowercase();
            if let Some(function) = match lower.as_str() {
                "startswith" => Some(Function::StartsWith),
                "endswith" => Some(Function::EndsWith),
                "contains" => Some(Function::Contains),
                _ => None,
            } {
                return self.call(function);
            }
            if let Some((path, quantifier)) = word.rsplit_once('/')
                && (quantifier.eq_ignore_ascii_case("any") || quantifier.eq_ignore_ascii_case("all"))
            {
                return self.lambda(split_path(path), quantifier.eq_ignore_ascii_case("all"));
            }
        }
        self.comparison()
    }

    fn call(&mut self, function: Function) -> Result<Expr, Problem> {
        self.at += 2;
        let left = self.term()?;
        self.take(&Token::Comma)?;
        let right = self.term()?;
        self.take(&Token::Close)?;
        if self.take_word("eq") {
            return match self.next() {
                Some(Token::Word(word)) if word == "true" => Ok(Expr::Call(function, left, right)),
                Some(Token::Word(word)) if word == "false" => {
                    Ok(Expr::Not(Box::new(Expr::Call(function, left, right))))
                }
                _ => Err(self.wrong()),
            };
        }
        Ok(Expr::Call(function, left, right))
    }

    fn lambda(&mut self, path: Vec<String>, all: bool) -> Result<Expr, Problem> {
        self.at += 2;
        if self.tokens.get(self.at) == Some(&Token::Close) && !all {
            self.at += 1;
            return Ok(Expr::Any { path, variable: String::new(), inner: None });
        }
        let Some(Token::Word(variable)) = self.next() else { return Err(self.wrong()) };
        self.take(&Token::Colon)?;
        let inner = Box::new(self.or()?);
        self.take(&Token::Close)?;
        Ok(if all {
            Expr::All { path, variable, inner }
        } else {
            Expr::Any { path, variable, inner: Some(inner) }
        })
    }

    fn comparison(&mut self) -> Result<Expr, Problem> {
        let left = self.term()?;
        let operator = match self.tokens.get(self.at) {
            Some(Token::Word(word)) => match word.as_str() {
                "eq" => Operator::Eq,
                "ne" => Operator::Ne,
                "gt" => Operator::Gt,
                "ge" => Operator::Ge,
                "lt" => Operator::Lt,
                "le" => Operator::Le,
                "in" => return self.membership(left),
                _ => return Ok(Expr::Truth(left)),
            },
            _ => return Ok(Expr::Truth(left)),
        };
        self.at += 1;
        let right = self.term()?;
        if is_moment(&left) && matches!(right, Term::Text(_))
            || is_moment(&right) && matches!(left, Term::Text(_))
        {
            return Err(Problem::bad_request(
                "A binary operator with incompatible types was detected. Found operand types 'Edm.DateTimeOffset' \
                 and 'Edm.String' for operator kind 'Equal'.",
            ));
        }
        Ok(Expr::Compare(left, operator, right))
    }

    fn membership(&mut self, left: Term) -> Result<Expr, Problem> {
        self.at += 1;
        self.take(&Token::Open)?;
        let mut options = vec![self.term()?];
        while self.tokens.get(self.at) == Some(&Token::Comma) {
            self.at += 1;
            options.push(self.term()?);
        }
        self.take(&Token::Close)?;
        Ok(Expr::In(left, options))
    }

    fn term(&mut self) -> Result<Term, Problem> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Term::Text(text)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("tolower") => {
                self.take(&Token::Open)?;
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(invalid(self.text, "the nesting is too deep"));
                }
                let inner = self.term()?;
                self.depth -= 1;
                self.take(&Token::Close)?;
                Ok(Term::Lower(Box::new(inner)))
            }
            Some(Token::Word(word)) => literal(&word).ok_or_else(|| self.wrong()),
            _ => Err(self.wrong()),
        }
    }
}

fn literal(word: &str) -> Option<Term> {
    match word {
        "true" => return Some(Term::Bool(true)),
        "false" => return Some(Term::Bool(false)),
        "null" => return Some(Term::Null),
        _ => {}
    }
    if let Ok(number) = word.parse::<f64>() {
        return Some(Term::Number(number));
    }
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        let moment = word.parse::<Timestamp>().or_else(|_| format!("{word}T00:00:00Z").parse());
        return moment.ok().map(Term::Moment);
    }
    word.chars().all(|c| c.is_alphanumeric() || "_/.@-".contains(c)).then(|| Term::Path(split_path(word)))
}

fn split_path(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}

fn is_moment(term: &Term) -> bool {
    matches!(term, Term::Path(path) if path.last().is_some_and(|name| name.to_ascii_lowercase().ends_with("datetime")))
}

impl Expr {
    /// The properties it names, in order of appearance: for the rule about `$orderby`.
    pub fn properties(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect(&self, found: &mut Vec<String>) {
        let mut note = |term: &Term| {
            let mut term = term;
            while let Term::Lower(inner) = term {
                term = inner;
            }
            if let Term::Path(path) = term {
                let name = path.join("/").to_ascii_lowercase();
                if !found.contains(&name) {
                    found.push(name);
                }
            }
        };
        match self {
            Self::Or(left, right) | Self::And(left, right) => {
                left.collect(found);
                right.collect(found);
            }
            Self::Not(inner) => inner.collect(found),
            Self::Compare(left, _, right) | Self::Call(_, left, right) => {
                note(left);
                note(right);
            }
            Self::In(left, _) | Self::Truth(left) => note(left),
            Self::Any { path, .. } | Self::All { path, .. } => note(&Term::Path(path.clone())),
        }
    }

    /// Whether it holds for an item, shown as JSON.
    pub fn holds(&self, item: &Value) -> bool {
        self.test(item, &[])
    }

    fn test(&self, item: &Value, bound: &[(&str, &Value)]) -> bool {
        match self {
            Self::Or(left, right) => left.test(item, bound) || right.test(item, bound),
            Self::And(left, right) => left.test(item, bound) && right.test(item, bound),
            Self::Not(inner) => !inner.test(item, bound),
            Self::Compare(left, operator, right) => {
                compare(&value_of(left, item, bound), *operator, &value_of(right, item, bound))
            }
            Self::Call(function, left, right) => {
                let (left, right) = (value_of(left, item, bound), value_of(right, item, bound));
                let (Some(left), Some(right)) = (left.as_str(), right.as_str()) else { return false };
                let (left, right) = (left.to_lowercase(), right.to_lowercase());
                match function {
                    Function::StartsWith => left.starts_with(&right),
                    Function::EndsWith => left.ends_with(&right),
                    Function::Contains => left.contains(&right),
                }
            }
            Self::In(left, options) => {
                let left = value_of(left, item, bound);
                options.iter().any(|option| compare(&left, Operator::Eq, &value_of(option, item, bound)))
            }
            Self::Any { path, variable, inner } => elements(path, item, bound).iter().any(|element| {
                inner.as_ref().is_none_or(|inner| inner.test(item, &with(bound, variable, element)))
            }),
            Self::All { path, variable, inner } => elements(path, item, bound)
                .iter()
                .all(|element| inner.test(item, &with(bound, variable, element))),
            Self::Truth(term) => value_of(term, item, bound) == Value::Bool(true),
        }
    }
}

fn with<'a>(
    bound: &[(&'a str, &'a Value)],
    variable: &'a str,
    element: &'a Value,
) -> Vec<(&'a str, &'a Value)> {
    let mut all = bound.to_vec();
    all.push((variable, element));
    all
}

fn elements(path: &[String], item: &Value, bound: &[(&str, &Value)]) -> Vec<Value> {
    match value_of(&Term::Path(path.to_vec()), item, bound) {
        Value::Array(elements) => elements,
        _ => Vec::new(),
    }
}

fn value_of(term: &Term, item: &Value, bound: &[(&str, &Value)]) -> Value {
    match term {
        Term::Text(text) => Value::String(text.clone()),
        Term::Moment(at) => Value::String(at.to_string()),
        Term::Number(number) => serde_json::json!(number),
        Term::Bool(flag) => Value::Bool(*flag),
        Term::Null => Value::Null,
        Term::Lower(inner) => match value_of(inner, item, bound) {
            Value::String(text) => Value::String(text.to_lowercase()),
            other => other,
        },
        Term::Path(path) => {
            let (start, rest) =
                match bound.iter().rev().find(|(name, _)| path.first().is_some_and(|p| p == name)) {
                    Some((_, element)) => (*element, &path[1..]),
                    None => (item, &path[..]),
                };
            rest.iter().try_fold(start, |at, name| property(at, name)).cloned().unwrap_or(Value::Null)
        }
    }
}

/// A property by its name in any case.
pub fn property<'a>(item: &'a Value, name: &str) -> Option<&'a Value> {
    let object = item.as_object()?;
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn compare(left: &Value, operator: Operator, right: &Value) -> bool {
    let order = order(left, right);
    match operator {
        Operator::Eq => order == Some(Ordering::Equal),
        Operator::Ne => order != Some(Ordering::Equal),
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Lt => order == Some(Ordering::Less),
        Operator::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Value::String(left), Value::String(right)) => {
            match (left.parse::<Timestamp>(), right.parse::<Timestamp>()) {
                (Ok(left), Ok(right)) => Some(left.cmp(&right)),
                _ => Some(left.to_lowercase().cmp(&right.to_lowercase())),
            }
        }
        _ => None,
    }
}

/// One key of `$orderby`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    pub path: Vec<String>,
    pub descending: bool,
}

/// Reads `$orderby`.
pub fn parse_order(text: &str) -> Result<Vec<SortKey>, Problem> {
    text.split(',')
        .map(|key| {
            let mut words = key.split_whitespace();
            let path = words.next().ok_or_else(|| Problem::bad_request("$orderby holds an empty key."))?;
            let descending = match words.next() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(other) => {
                    return Err(Problem::bad_request(format!("Syntax error at '{other}' in $orderby.")));
                }
            };
            Ok(SortKey { path: split_path(path), descending })
        })
        .collect()
}

/// Sorts items by the keys; equal ones keep their order.
pub fn sort(items: &mut [Value], keys: &[SortKey]) {
    items.sort_by(|left, right| {
        keys.iter().fold(Ordering::Equal, |so_far, key| {
            so_far.then_with(|| {
                let term = Term::Path(key.path.clone());
                let (left, right) = (value_of(&term, left, &[]), value_of(&term, right, &[]));
                let order =
                    order(&left, &right).unwrap_or_else(|| left.is_null().cmp(&right.is_null()).reverse());
                if key.descending { order.reverse() } else { order }
            })
        })
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(filter: &str) -> bool {
        let item = json!({
            "subject": "RE: O'Hara & Sons", "isRead": false, "categories": ["Family", "Tracked to Dynamics 365"],
            "receivedDateTime": "2026-11-20T08:00:00Z", "importance": "high",
            "from": {"emailAddress": {"address": "maeve@ohara.example"}},
            "singleValueExtendedProperties": [{"id": "String {1} Name A", "value": "x"}],
        });
        parse(filter).unwrap().holds(&item)
    }

    #[test]
    fn filters_hold_as_odata_says() {
        for filter in [
            "isRead eq false and importance eq 'high'",
            "isRead eq true or (importance ne 'low' and not (subject eq 'x'))",
            "receivedDateTime ge 2026-11-20T08:00:00Z",
            "receivedDateTime gt 2026-11-19 and receivedDateTime lt 2026-11-20T09:00:00+01:00 or isRead eq false",
            "contains(subject,'O''Hara')",
            "startswith(from/emailAddress/address,'maeve@')",
            "from/emailAddress/address eq 'MAEVE@ohara.example'",
            "categories/any(c:c eq 'Tracked to Dynamics 365')",
            "categories/any(c: startswith(c, 'Fam'))",
            "singleValueExtendedProperties/Any(ep: ep/id eq 'String {1} Name A' and ep/value eq 'X')",
            "importance in ('low', 'high')",
            "not isRead",
        ] {
            assert!(holds(filter), "{filter}");
        }
        for filter in
            ["categories/any(c:c eq 'Work')", "receivedDateTime lt 2026-11-20T08:00:00Z", "subject eq null"]
        {
            assert!(!holds(filter), "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for filter in [
            "subject eq 'x",
            "subject eq",
            "(isRead eq true",
            "isRead eq true)",
            "receivedDateTime ge '2026-11-20'",
            "' or 1",
        ] {
            assert!(parse(filter).is_err(), "{filter}");
        }
        assert!(parse(&"(".repeat(5000)).is_err());
        assert!(parse(&"not ".repeat(5000)).is_err());
    }
}

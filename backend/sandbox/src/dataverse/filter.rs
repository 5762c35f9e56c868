//! `$filter`: from text to a condition whose names and types are already checked against the table.
//!
//! Checking while parsing makes a wrong filter a 400 even when no row would have been looked at, as in
//! Dataverse. What the service does not support is refused, never silently true.

use super::errors::{Answer, Fault};
use super::literal::{Literal, TIME, fit, literal, loosely};
use super::metadata::{Collection, Column, Kind, Table, schema};
use super::store::Cell;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    Any,
    All,
}

/// A column of the row, of a lambda's row, or of a row that a lookup leads to.
#[derive(Debug, Clone)]
pub struct Field {
    /// 0 the row itself, then the lambdas from the outside in.
    pub scope: usize,
    /// Lookups to follow: the column, and the tables it may lead to.
    pub hops: Vec<(&'static str, Vec<&'static str>)>,
    pub column: &'static Column,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        (self.scope, &self.hops, self.column.name) == (other.scope, &other.hops, other.column.name)
    }
}

#[derive(Debug, Clone)]
pub enum Operand {
    Field(Field),
    /// `None` is null.
    Value(Option<Cell>),
}

#[derive(Debug, Clone)]
pub enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Compare(Operand, Comparison, Operand),
    Text(TextTest, Field, String),
    In(Field, Vec<Cell>),
    /// Texts in lower case, one of which the column has to be. What is written as fifty comparisons with `or`
    /// between them is looked up once for each row.
    AnyText(Field, BTreeSet<String>),
    Between(Field, Timestamp, Timestamp),
    /// `None`: whether there is any row at all.
    Rows {
        scope: usize,
        collection: &'static Collection,
        quantifier: Quantifier,
        test: Option<Box<Condition>>,
    },
}

impl Condition {
    fn or(self, other: Self) -> Self {
        let any = |(field, texts)| Condition::AnyText(field, texts);
        match (self.texts(), other.texts()) {
            (Ok((field, mut texts)), Ok((same, more))) if field == same => {
                texts.extend(more);
                Condition::AnyText(field, texts)
            }
            (left, right) => {
                let (left, right) =
                    (left.map_or_else(|other| other, any), right.map_or_else(|other| other, any));
                Condition::Or(Box::new(left), Box::new(right))
            }
        }
    }

    /// The texts that a column has to be, if that is all the condition says; else the condition.
    fn texts(self) -> Result<(Field, BTreeSet<String>), Self> {
        match self {
            Condition::AnyText(field, texts) => Ok((field, texts)),
            Condition::Compare(
                Operand::Field(field),
                Comparison::Equal,
                Operand::Value(Some(Cell::Text(text))),
            ) => Ok((field, BTreeSet::from([text.to_lowercase()]))),
            other => Err(other),
        }
    }
}

/// What a filter may refer to besides the row.
#[derive(Debug, Clone)]
pub struct Surroundings<'a> {
    pub now: Timestamp,
    pub user: Uuid,
    /// Parameter aliases of the URL, `@p1` to text.
    pub aliases: &'a BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// Deeper nesting than this is refused.
const DEPTH: usize = 60;

/// Reads a filter for rows of `table`.
pub fn parse(text: &str, table: &'static Table, surroundings: &Surroundings<'_>) -> Answer<Condition> {
    let tokens = tokens(text)?;
    let scopes = vec![(String::new(), table)];
    let mut parser = Parser { text, tokens, at: 0, scopes, surroundings, depth: 0 };
    let condition = parser.either()?;
    if parser.at < parser.tokens.len() {
        return Err(parser.syntax_error());
    }
    Ok(condition)
}

/// Finds a column by a path such as `parentcustomerid_account/name`.
pub fn field(path: &str, table: &'static Table) -> Answer<Field> {
    let segments: Vec<&str> = path.split('/').collect();
    resolve(0, table, &segments)
}

fn resolve(scope: usize, mut table: &'static Table, path: &[&str]) -> Answer<Field> {
    let (last, before) = path.split_last().ok_or_else(|| Fault::bad_query("The path is empty."))?;
    let mut hops = Vec::new();
    for segment in before {
        let navigation = table.navigation(segment).ok_or_else(|| Fault::unknown_property(table, segment))?;
        let tables: Vec<&'static str> = navigation.tables.iter().map(|target| target.table).collect();
        table = tables
            .first()
            .and_then(|name| schema().by_name(name))
            .ok_or_else(|| Fault::unknown_property(table, segment))?;
        hops.push((navigation.column.name, tables));
    }
    let column = table.property(last).ok_or_else(|| Fault::unknown_property(table, last))?;
    Ok(Field { scope, hops, column })
}

fn tokens(text: &str) -> Answer<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(&next) = rest.peek() {
        if next.is_whitespace() {
            rest.next();
        } else if "()[],/:=".contains(next) {
            rest.next();
            tokens.push(Token::Sign(next));
        } else if next == '\'' {
            rest.next();
            tokens.push(Token::Text(quoted(text, &mut rest)?));
        } else {
            let number = next.is_ascii_digit() || next == '-';
            let mut word = String::new();
            while let Some(&c) = rest.peek() {
                let fits = c.is_alphanumeric() || "_-.@${}".contains(c) || (number && ":+".contains(c));
                if !fits {
                    break;
                }
                word.push(c);
                rest.next();
            }
            if word.is_empty() {
                return Err(syntax_error(text, next));
            }
            tokens.push(Token::Word(word));
        }
    }
    Ok(tokens)
}

fn quoted(text: &str, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Answer<String> {
    let mut value = String::new();
    loop {
        match rest.next() {
            Some('\'') if rest.peek() == Some(&'\'') => {
                rest.next();
                value.push('\'');
            }
            Some('\'') => return Ok(value),
            Some(c) => value.push(c),
            None => {
                let message = format!(
                    "There is an unterminated string literal at position {} in '{text}'.",
                    text.len()
                );
                return Err(Fault::bad_query(message));
            }
        }
    }
}

fn syntax_error(text: &str, at: impl std::fmt::Display) -> Fault {
    Fault::bad_query(format!("Syntax error at '{at}' in '{text}'."))
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// The row and the lambdas around this place.
    scopes: Vec<(String, &'static Table)>,
    surroundings: &'a Surroundings<'a>,
    depth: usize,
}

impl Parser<'_> {
    fn syntax_error(&self) -> Fault {
        let at = match self.tokens.get(self.at) {
            Some(Token::Word(word) | Token::Text(word)) => word.clone(),
            Some(Token::Sign(sign)) => sign.to_string(),
            None => "end".to_owned(),
        };
        syntax_error(self.text, at)
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Answer<()> {
        if self.eat(sign) { Ok(()) } else { Err(self.syntax_error()) }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(next)) if next == word);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self) -> Answer<String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.syntax_error()),
        }
    }

    fn either(&mut self) -> Answer<Condition> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Fault::bad_query("The filter is nested too deeply."));
        }
        let mut left = self.both()?;
        while self.eat_word("or") {
            left = left.or(self.both()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Answer<Condition> {
        let mut left = self.negation()?;
        while self.eat_word("and") {
            left = Condition::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Answer<Condition> {
        let mut negated = false;
        while self.eat_word("not") {
            negated = !negated;
        }
        let condition = self.primary()?;
        Ok(if negated { Condition::Not(Box::new(condition)) } else { condition })
    }

    fn primary(&mut self) -> Answer<Condition> {
        if self.eat('(') {
            let inner = self.either()?;
            self.expect(')')?;
            return Ok(inner);
        }
        if let (Some(Token::Word(name)), Some(Token::Sign('('))) =
            (self.tokens.get(self.at).cloned(), self.tokens.get(self.at + 1))
        {
            self.at += 2;
            return self.function(&name);
        }
        let left = self.side()?;
        if let Side::Rows(condition) = left {
            return Ok(condition);
        }
        let comparison = match self.word()?.as_str() {
            "eq" => Comparison::Equal,
            "ne" => Comparison::NotEqual,
            "gt" => Comparison::Greater,
            "ge" => Comparison::GreaterOrEqual,
            "lt" => Comparison::Less,
            "le" => Comparison::LessOrEqual,
            _ => {
                self.at -= 1;
                return Err(self.syntax_error());
            }
        };
        let right = self.side()?;
        let (left, right) = match (left, right) {
            (Side::Field(field), Side::Value(value)) => {
                let value = fit(&value, field.column)?;
                (Operand::Field(field), Operand::Value(value))
            }
            (Side::Value(value), Side::Field(field)) => {
                let value = fit(&value, field.column)?;
                (Operand::Value(value), Operand::Field(field))
            }
            (Side::Field(left), Side::Field(right)) => (Operand::Field(left), Operand::Field(right)),
            _ => return Err(self.syntax_error()),
        };
        Ok(Condition::Compare(left, comparison, right))
    }

    /// One side of a comparison: a literal, a column, or a lambda over a collection.
    fn side(&mut self) -> Answer<Side> {
        if let Some(Token::Text(text)) = self.tokens.get(self.at) {
            let value = Literal::Text(text.clone());
            self.at += 1;
            return Ok(Side::Value(value));
        }
        let word = self.word()?;
        if let Some(alias) = word.strip_prefix('@') {
            let name = format!("@{alias}");
            let text = self.surroundings.aliases.get(&name).cloned();
            let text =
                text.ok_or_else(|| Fault::bad_query(format!("The parameter alias '{name}' has no value.")))?;
            return literal(&text).map(Side::Value).ok_or_else(|| syntax_error(self.text, text));
        }
        if let Some(value) = literal(&word) {
            return Ok(Side::Value(value));
        }
        self.path(word)
    }

    fn path(&mut self, first: String) -> Answer<Side> {
        let mut segments = vec![first];
        while self.eat('/') {
            let segment = self.word()?;
            let quantifier = match segment.as_str() {
                "any" => Some(Quantifier::Any),
                "all" => Some(Quantifier::All),
                _ => None,
            };
            if let (Some(quantifier), true) = (quantifier, self.eat('(')) {
                return self.rows(&segments, quantifier).map(Side::Rows);
            }
            segments.push(segment);
        }
        let (scope, path) = self.scoped(&segments);
        let table = self.scopes[scope].1;
        resolve(scope, table, &path).map(Side::Field)
    }

    /// Splits a lambda's variable off a path.
    fn scoped<'b>(&self, segments: &'b [String]) -> (usize, Vec<&'b str>) {
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match self.scopes.iter().rposition(|(name, _)| !name.is_empty() && name == path[0]) {
            Some(scope) if path.len() > 1 => (scope, path[1..].to_vec()),
            _ => (0, path),
        }
    }

    fn rows(&mut self, segments: &[String], quantifier: Quantifier) -> Answer<Condition> {
        let (scope, path) = self.scoped(segments);
        let table = self.scopes[scope].1;
        let name = path[0];
        let collection =
            table.collection(name).filter(|collection| path.len() == 1 && !collection.column.is_empty());
        let collection = collection.ok_or_else(|| Fault::unknown_property(table, name))?;
        if self.eat(')') {
            return Ok(Condition::Rows { scope, collection, quantifier, test: None });
        }
        let variable = self.word()?;
        self.expect(':')?;
        self.scopes.push((variable, super::metadata::table(collection.table)));
        let test = self.either()?;
        self.scopes.pop();
        self.expect(')')?;
        Ok(Condition::Rows { scope, collection, quantifier, test: Some(Box::new(test)) })
    }

    fn function(&mut self, name: &str) -> Answer<Condition> {
        let test = match name {
            "contains" => TextTest::Contains,
            "startswith" => TextTest::StartsWith,
            "endswith" => TextTest::EndsWith,
            _ => {
                let short = name.strip_prefix("Microsoft.Dynamics.CRM.");
                let short = short.ok_or_else(|| {
                    Fault::bad_query(format!("An unknown function with name '{name}' was found."))
                })?;
                return self.query_function(short);
            }
        };
        let Side::Field(field) = self.side()? else { return Err(self.syntax_error()) };
        self.expect(',')?;
        let Side::Value(Literal::Text(needle)) = self.side()? else { return Err(self.syntax_error()) };
        self.expect(')')?;
        if !matches!(field.column.kind, Kind::Text { .. }) {
            let message = format!(
                "No function signature for the function with name '{name}' matches the specified arguments."
            );
            return Err(Fault::bad_query(message));
        }
        Ok(Condition::Text(test, field, needle.to_lowercase()))
    }

    /// `Microsoft.Dynamics.CRM.In(PropertyName='x',PropertyValues=['a','b'])` and its relatives.
    fn query_function(&mut self, name: &str) -> Answer<Condition> {
        let mut property = None;
        let mut values = Vec::new();
        while !self.eat(')') {
            let argument = self.word()?;
            self.expect('=')?;
            if argument == "PropertyName" {
                property = Some(self.literal()?);
            } else if self.eat('[') {
                while !self.eat(']') {
                    values.push(self.literal()?);
                    self.eat(',');
                }
            } else {
                values.push(self.literal()?);
            }
            self.eat(',');
        }
        let Some(Literal::Text(property)) = property else { return Err(self.syntax_error()) };
        let scope = self.scopes.len() - 1;
        let table = self.scopes[scope].1;
        // These functions call a lookup by its logical name.
        let column = table.column(&property).or_else(|| table.property(&property));
        let column = column.ok_or_else(|| Fault::unknown_property(table, &property))?;
        let field = Field { scope, hops: Vec::new(), column };
        self.known_function(name, field, &values)
    }

    fn known_function(&self, name: &str, field: Field, values: &[Literal]) -> Answer<Condition> {
        let now = self.surroundings.now;
        let day = |time: Timestamp| {
            let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
            date.to_zoned(jiff::tz::TimeZone::UTC).map_or(time, |start| start.timestamp())
        };
        let days = |count: i64| SignedDuration::from_hours(24 * count);
        let all = |values: &[Literal]| -> Answer<Vec<Cell>> {
            let cells: Answer<Vec<Option<Cell>>> =
                values.iter().map(|value| loosely(value, field.column)).collect();
            Ok(cells?.into_iter().flatten().collect())
        };
        match (name, values) {
            ("In", values) => Ok(Condition::In(field.clone(), all(values)?)),
            ("NotIn", values) => Ok(Condition::Not(Box::new(Condition::In(field.clone(), all(values)?)))),
            ("EqualUserId", _) => Ok(Condition::In(field, vec![Cell::Id(self.surroundings.user)])),
            ("Today", _) => Ok(Condition::Between(field, day(now), day(now) + days(1))),
            ("LastXDays", [value]) => {
                let count = match value {
                    Literal::Number(count) => *count,
                    Literal::Text(text) => text.parse().map_err(|_| self.syntax_error())?,
                    _ => return Err(self.syntax_error()),
                };
                Ok(Condition::Between(field, day(now) - days((count as i64).clamp(0, 36_500)), now))
            }
            ("OnOrAfter" | "OnOrBefore", [value]) => {
                let time = match fit(value, &TIME)? {
                    Some(Cell::Time(time)) => day(time),
                    _ => return Err(self.syntax_error()),
                };
                Ok(if name == "OnOrAfter" {
                    Condition::Between(field, time, Timestamp::MAX)
                } else {
                    Condition::Between(field, Timestamp::MIN, time + days(1))
                })
            }
            _ => Err(Fault::bad_query(format!("The query function '{name}' is not supported here."))),
        }
    }

    fn literal(&mut self) -> Answer<Literal> {
        match self.side()? {
            Side::Value(value) => Ok(value),
            _ => Err(self.syntax_error()),
        }
    }
}

enum Side {
    Field(Field),
    Value(Literal),
    Rows(Condition),
}

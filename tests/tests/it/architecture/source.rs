//! A Rust source, read as far as the laws need: which paths it names, and how some items are made.
//!
//! Comments, the insides of literals and what is compiled for tests only are not code. Paths are followed
//! through `use`, with its groups, globs and new names, so that no way of writing a path hides it. It must
//! never report what is not there: a law that cries wolf is soon switched off.

use std::collections::BTreeMap;

/// One file.
#[derive(Debug, Clone)]
pub struct Source {
    /// From the project's root, e.g. `backend/src/http/guard.rs`.
    pub path: String,
    pub text: String,
    /// Everything but tests.
    pub tokens: Vec<Token>,
    /// Paths named, absolute from the crate's name: `backend::exchange::graph::GraphExchange`.
    pub names: Vec<String>,
    /// Modules declared for tests only, whose files are no code either.
    pub test_modules: Vec<String>,
}

/// A piece of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(String),
    /// The inside of a text literal.
    Text(String),
    Sign(&'static str),
}

use Token::{Sign, Text, Word};

impl Token {
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Word(text) if text == word)
    }
}

impl Source {
    pub fn read(path: &str, text: &str) -> Self {
        let (tokens, test_modules) = without_tests(&tokens_of(text));
        let names = names_in(path, &tokens);
        Self { path: path.to_owned(), text: text.to_owned(), tokens, names, test_modules }
    }

    /// Paths that are `forbidden` or lie in it. A glob over it, or over what holds it, names it too.
    pub fn naming<'a>(&'a self, forbidden: &'a str) -> impl Iterator<Item = &'a str> {
        self.names.iter().map(String::as_str).filter(move |name| match name.strip_suffix("::*") {
            Some(glob) => lies_in(glob, forbidden) || lies_in(forbidden, glob),
            None => lies_in(name, forbidden),
        })
    }

    /// Whether somebody calls a method of this name: `.name(`.
    pub fn calls_method(&self, name: &str) -> bool {
        self.tokens
            .windows(3)
            .any(|three| matches!(three, [Sign("."), Word(word), Sign("(" | "::")] if word == name))
    }

    /// Whether somebody calls a method of this name on anything but a value of these names, or what a method of
    /// these names gave: `other.name(`.
    pub fn calls_method_but_on(&self, receivers: &[&str], name: &str) -> bool {
        let is_receiver = |token: Option<&Token>| {
            token.is_some_and(|token| receivers.iter().any(|receiver| token.is_word(receiver)))
        };
        let calls =
            self.tokens.windows(3).enumerate().filter(
                |(_, three)| matches!(three, [Sign("."), Word(word), Sign("(" | "::")] if word == name),
            );
        let mut others = calls.filter(|(dot, _)| {
            let before = |steps: usize| dot.checked_sub(steps).map(|at| &self.tokens[at]);
            let given = before(1) == Some(&Sign(")")) && before(2) == Some(&Sign("("));
            !is_receiver(before(if given { 3 } else { 1 }))
        });
        others.next().is_some()
    }

    /// Whether a value `Name { … }` is built (or taken apart).
    pub fn builds(&self, name: &str) -> bool {
        self.tokens.iter().enumerate().any(|(at, token)| {
            let before = at.checked_sub(1).map(|before| &self.tokens[before]);
            let is_declared = match before {
                Some(Word(word)) => matches!(word.as_str(), "struct" | "for" | "impl" | "enum" | "trait"),
                Some(sign) => *sign == Sign("->"),
                None => false,
            };
            token.is_word(name) && self.tokens.get(at + 1) == Some(&Sign("{")) && !is_declared
        })
    }

    /// The words and signs of `struct Name { … }` or `struct Name(…)`; `None`: not declared here.
    pub fn fields_of(&self, name: &str) -> Option<&[Token]> {
        let at = self.tokens.windows(2).position(|two| two[0].is_word("struct") && two[1].is_word(name))?;
        Some(block(&self.tokens[at + 2..]))
    }

    /// What is derived for `struct Name`.
    pub fn derives_of(&self, name: &str) -> Vec<String> {
        let at = self.tokens.windows(2).position(|two| two[0].is_word("struct") && two[1].is_word(name));
        let Some(at) = at else { return Vec::new() };
        let start = self.tokens[..at].iter().rposition(|token| matches!(token, Sign(";" | "}")));
        let attributes = &self.tokens[start.map_or(0, |start| start + 1)..at];
        attributes
            .iter()
            .filter_map(|token| if let Word(word) = token { Some(word.clone()) } else { None })
            .collect()
    }

    /// The functions of `trait Name`: name, and its parameters as words.
    pub fn functions_of_trait(&self, name: &str) -> Vec<(String, Vec<String>)> {
        let at = self.tokens.windows(2).position(|two| two[0].is_word("trait") && two[1].is_word(name));
        let Some(at) = at else { return Vec::new() };
        let open =
            self.tokens[at..].iter().position(|token| *token == Sign("{")).map_or(at, |open| at + open);
        let body = block(&self.tokens[open..]);
        let mut functions = Vec::new();
        for (at, token) in body.iter().enumerate() {
            if let (true, Some(Word(name))) = (token.is_word("fn"), body.get(at + 1)) {
                let open =
                    body[at..].iter().position(|token| *token == Sign("(")).map_or(at, |open| at + open);
                let parameters = block(&body[open..]).iter();
                let words = parameters
                    .filter_map(|token| if let Word(word) = token { Some(word.clone()) } else { None });
                functions.push((name.clone(), words.collect()));
            }
        }
        functions
    }

    /// The insides of the calls of macros of these names: `name!( … )`.
    pub fn insides_of_macros<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a [Token]> {
        self.tokens.iter().enumerate().filter_map(move |(at, token)| {
            let is_one = names.iter().any(|name| token.is_word(name));
            (is_one && self.tokens.get(at + 1) == Some(&Sign("!"))).then(|| block(&self.tokens[at + 2..]))
        })
    }
}

/// Whether `path` is `holder` or in it.
fn lies_in(path: &str, holder: &str) -> bool {
    path.strip_prefix(holder).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The inside of the block or list that opens first.
fn block(tokens: &[Token]) -> &[Token] {
    let opens = |token: &Token| matches!(token, Sign("{" | "(" | "["));
    let closes = |token: &Token| matches!(token, Sign("}" | ")" | "]"));
    let mut depth = 0;
    let Some(start) = tokens.iter().position(opens) else { return &[] };
    for (at, token) in tokens.iter().enumerate().skip(start) {
        depth += i32::from(opens(token)) - i32::from(closes(token));
        if depth == 0 {
            return &tokens[start + 1..at];
        }
    }
    &tokens[start + 1..]
}

const SIGNS: [&str; 31] = [
    "::", "->", "=>", "{", "}", "(", ")", "[", "]", "<", ">", ",", ";", ":", ".", "#", "!", "&", "*", "=",
    "|", "+", "-", "/", "?", "@", "%", "^", "$", "~", "\\",
];

fn tokens_of(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        } else if rest.starts_with("/*") {
            rest = after_block_comment(rest);
        } else if let Some((text, after)) = literal(rest) {
            tokens.extend(text.map(|text| Text(text.to_owned())));
            rest = after;
        } else if c.is_alphanumeric() || c == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            rest = &rest[c.len_utf8()..];
        }
    }
    tokens
}

fn after_block_comment(text: &str) -> &str {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return &text[at..];
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    ""
}

/// A literal of text or of a character at the beginning, or a lifetime: the text, if it is one, and what
/// comes after it.
fn literal(text: &str) -> Option<(Option<&str>, &str)> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            rest.starts_with('"') || prefix.ends_with('r') && rest.trim_start_matches('#').starts_with('"')
        })
    });
    if let Some(prefix) = prefix {
        let rest = &text[prefix.len()..];
        if prefix.ends_with('r') {
            let hashes = rest.len() - rest.trim_start_matches('#').len();
            let inside = &rest[hashes + 1..];
            let end = format!("\"{}", "#".repeat(hashes));
            return Some(
                inside.split_once(&end).map_or((Some(inside), ""), |(text, after)| (Some(text), after)),
            );
        }
        let inside = &rest[1..];
        let end = unescaped(inside, '"');
        return Some((Some(&inside[..end]), inside.get(end + 1..).unwrap_or_default()));
    }
    let inside = text.strip_prefix("b'").or_else(|| text.strip_prefix('\''))?;
    let mut chars = inside.chars();
    let first = chars.next()?;
    if first == '\\' || chars.next() == Some('\'') {
        let end = if first == '\\' { unescaped(inside, '\'') } else { first.len_utf8() };
        return Some((None, inside.get(end + 1..).unwrap_or_default()));
    }
    Some((None, inside.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')))
}

/// Where the sign stands first without a backslash before it.
fn unescaped(text: &str, sign: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if c == sign && !is_escaped {
            return at;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    text.len()
}

/// The tokens without items for tests, and the names of the modules among these that are files.
fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    let (mut kept, mut modules, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        if !is_test_attribute(&tokens[at..]) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        while tokens.get(at) == Some(&Sign("#")) {
            at += block(&tokens[at..]).len() + 3;
        }
        let end = tokens[at..].iter().position(|token| matches!(token, Sign(";" | "{")));
        let Some(end) = end.map(|end| at + end) else { break };
        if let (Sign(";"), Some(module)) =
            (&tokens[end], tokens[at..end].iter().rposition(|t| t.is_word("mod")))
        {
            modules.extend(
                tokens
                    .get(at + module + 1)
                    .and_then(|token| if let Word(name) = token { Some(name.clone()) } else { None }),
            );
        }
        at = if tokens[end] == Sign(";") { end + 1 } else { end + block(&tokens[end..]).len() + 2 };
    }
    (kept, modules)
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`, but not `#[cfg(not(test))]`.
fn is_test_attribute(tokens: &[Token]) -> bool {
    if !matches!(tokens, [Sign("#"), Sign("["), ..]) {
        return false;
    }
    let inside = block(tokens);
    inside.iter().any(|token| token.is_word("test")) && !inside.iter().any(|token| token.is_word("not"))
}

/// Crate and module of a file.
fn module_of(path: &str) -> Vec<String> {
    let (krate, inside) = path.split_once("/src/").unwrap_or((path, ""));
    let mut module = vec![krate.rsplit('/').next().unwrap_or_default().to_owned()];
    let inside = inside.trim_end_matches(".rs");
    let parts = inside.split('/').filter(|part| !part.is_empty() && !matches!(*part, "lib" | "main" | "mod"));
    module.extend(parts.map(str::to_owned));
    module
}

fn names_in(path: &str, tokens: &[Token]) -> Vec<String> {
    let module = module_of(path);
    let (mut used, mut written, mut at) = (Vec::new(), Vec::new(), 0);
    let mut children = Vec::new();
    while at < tokens.len() {
        match &tokens[at..] {
            [Word(keyword), next, ..] if keyword == "use" && *next != Sign("<") => {
                at += 1;
                read_use(tokens, &mut at, &mut Vec::new(), &mut used);
            }
            [Word(keyword), Word(child), ..] if keyword == "mod" => {
                children.push(child.clone());
                at += 2;
            }
            [Word(first), ..] => {
                let mut segments = vec![first.clone()];
                while let [Sign("::"), Word(next), ..] = &tokens[at + 1..] {
                    segments.push(next.clone());
                    at += 2;
                }
                written.extend((segments.len() > 1).then_some(segments));
                at += 1;
            }
            _ => at += 1,
        }
    }
    let absolute = |segments: &[String]| absolute(&module, &children, segments);
    let new_names: BTreeMap<String, Vec<String>> =
        used.iter().map(|(segments, name)| (name.clone(), absolute(segments))).collect();
    let mut names: Vec<String> = new_names.values().map(|path| path.join("::")).collect();
    // Two uses of one name in different functions: both count.
    names.extend(used.iter().map(|(segments, _)| absolute(segments).join("::")));
    names.extend(written.iter().map(|segments| match new_names.get(&segments[0]) {
        Some(path) => [path.as_slice(), &segments[1..]].concat().join("::"),
        None => absolute(segments).join("::"),
    }));
    names.sort();
    names.dedup();
    names
}

/// Reads one tree of a `use`: full paths with the name that each has from here on.
fn read_use(
    tokens: &[Token],
    at: &mut usize,
    before: &mut Vec<String>,
    into: &mut Vec<(Vec<String>, String)>,
) {
    let depth = before.len();
    loop {
        match tokens.get(*at) {
            Some(Sign("::")) => *at += 1,
            Some(Word(word)) => {
                *at += 1;
                before.push(word.clone());
                if tokens.get(*at) == Some(&Sign("::")) {
                    continue;
                }
                let mut path = before.clone();
                if word == "self" && path.len() > 1 {
                    path.pop();
                }
                let mut name = path.last().cloned().unwrap_or_default();
                if let [Word(keyword), Word(new_name), ..] = &tokens[*at..]
                    && keyword == "as"
                {
                    name.clone_from(new_name);
                    *at += 2;
                }
                into.push((path, name));
                break;
            }
            Some(Sign("*")) => {
                *at += 1;
                before.push("*".to_owned());
                into.push((before.clone(), format!("* of {}", before.join("::"))));
                break;
            }
            Some(Sign("{")) => {
                *at += 1;
                while !matches!(tokens.get(*at), Some(Sign("}")) | None) {
                    read_use(tokens, at, before, into);
                    if tokens.get(*at) == Some(&Sign(",")) {
                        *at += 1;
                    }
                }
                *at += 1;
                break;
            }
            _ => {
                *at += 1;
                break;
            }
        }
    }
    before.truncate(depth);
}

fn absolute(module: &[String], children: &[String], segments: &[String]) -> Vec<String> {
    let mut base = match segments[0].as_str() {
        "crate" => return [&module[..1], &segments[1..]].concat(),
        "self" | "super" => module.to_vec(),
        first if children.iter().any(|child| child == first) => return [module, segments].concat(),
        _ => return segments.to_vec(),
    };
    let mut rest = segments;
    while let Some(first) = rest.first().filter(|first| matches!(first.as_str(), "self" | "super")) {
        if first == "super" && base.len() > 1 {
            base.pop();
        }
        rest = &rest[1..];
    }
    [base.as_slice(), rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(code: &str) -> Vec<String> {
        Source::read("backend/src/sync/look.rs", code).names
    }

    #[test]
    fn no_way_of_writing_a_path_hides_it() {
        let wanted = "backend::exchange::graph::GraphExchange";
        for code in [
            "use crate::exchange::graph::GraphExchange;",
            "use crate::{store::Store, exchange::{self, graph::{GraphExchange as G}}};",
            "use super::super::exchange::graph::GraphExchange;",
            "use crate::exchange as other; fn f() -> other::graph::GraphExchange { f() }",
            "use crate::exchange; type T = Vec<exchange::graph::GraphExchange>;",
            "fn f() { crate::exchange::graph::GraphExchange::new() }",
            "fn f<'a>(x: &'a str) -> char { let c = '\"'; use crate::exchange::graph as g; g::GraphExchange::x(c) }",
        ] {
            let source = Source::read("backend/src/sync/look.rs", code);
            assert!(source.naming(wanted).next().is_some(), "{code}: {:?}", source.names);
            assert!(source.naming("backend::exchange::graph").next().is_some(), "{code}");
            assert!(source.naming("backend::exchange::gra").next().is_none(), "{code}");
        }
        for glob in ["use crate::*;", "use crate::exchange::graph::*;", "use super::super::exchange::*;"] {
            let source = Source::read("backend/src/sync/look.rs", glob);
            assert!(source.naming(wanted).next().is_some(), "{glob}: {:?}", source.names);
        }
    }

    #[test]
    fn comments_literals_and_tests_are_no_code() {
        for code in [
            "// use crate::exchange::graph;",
            "/* a /* b */ use crate::exchange::graph; */",
            "/// [`crate::exchange::graph`]\nfn f() {}",
            r#"const A: &str = "\" use crate::exchange::graph;";"#,
            r###"const A: &str = r##"" use crate::exchange::graph;"##;"###,
            "#[cfg(test)]\n#[allow(unused)]\nmod tests { mod deep { use crate::exchange::graph; } }",
            "#[tokio::test]\nasync fn t() { crate::exchange::graph::f() }",
            "#[cfg(test)] use crate::exchange::graph;",
        ] {
            assert!(names(code).iter().all(|name| !name.contains("graph")), "{code}: {:?}", names(code));
        }
        assert!(
            names("#[cfg(not(test))] use crate::exchange::graph;").iter().any(|name| name.contains("graph"))
        );
        let source = Source::read("backend/src/line.rs", "#[cfg(test)]\npub(crate) mod script;\nmod lanes;");
        assert_eq!(source.test_modules, ["script"]);
    }

    #[test]
    fn items_are_taken_apart() {
        let code = "#[derive(Clone)] pub struct A { pub(crate) x: u8 } impl A { fn f() -> A { A { x: 1 } } }";
        let source = Source::read("backend/src/a.rs", code);
        assert!(source.builds("A") && source.derives_of("A").contains(&"Clone".to_owned()));
        assert!(source.fields_of("A").is_some_and(|fields| fields[0].is_word("pub")));
        let declared =
            Source::read("backend/src/a.rs", "struct A { x: u8 } impl B for A { fn f() -> A { g() } }");
        assert!(!declared.builds("A"));
        let source = Source::read(
            "backend/src/s.rs",
            "trait S: Send { fn a(&self, l: &Lease) -> R; async fn b(&self); }",
        );
        let functions = source.functions_of_trait("S");
        assert_eq!(functions.len(), 2);
        assert!(functions[0].1.contains(&"Lease".to_owned()) && functions[1].0 == "b");
    }
}

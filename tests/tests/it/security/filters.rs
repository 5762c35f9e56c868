//! Hostile search terms, names and addresses reach the CRM as one literal each: a query has the same shape
//! whatever is put into it.

use percent_encoding::percent_decode_str;
use sandbox::company::{ADA, INGRID};
use sandbox::world::journal::{Seq, Service};
use serde_json::json;
use tests::Stack;

const HARMLESS: &str = "fjord";
const HOSTILE: [&str; 14] = [
    "O'Hara",
    "''",
    "x' or '1' eq '1",
    "x') or contains(name,'",
    "x'&$filter=statecode eq 1&$select=name",
    "x&$top=5000#",
    "%27 or 1 eq 1",
    "x%27) or (1 eq 1",
    "\"; drop table wishes; --",
    "<script>alert(1)</script>",
    "{{7*7}} ${x}",
    "\u{202e}dcba\u{2066}",
    "’‘＇",
    "--x\r",
];

/// A query without the insides of its literals, and the literals by themselves.
#[derive(Debug, PartialEq, Eq, Clone)]
struct Read {
    shape: String,
    literals: Vec<String>,
}

/// Reads a query as a server does: cut at `&`, decode, and take the literals out.
fn read(path: &str, query: &str) -> Read {
    let decode = |text: &str| percent_decode_str(text).decode_utf8().expect("UTF-8").into_owned();
    let mut whole = Read { shape: path.to_owned(), literals: Vec::new() };
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        whole.shape.extend([" ", &decode(name), "="]);
        let value = decode(value);
        let mut rest = value.as_str();
        while let Some((before, after)) = rest.split_once('\'') {
            let mut literal = String::new();
            let mut inside = after;
            loop {
                let (text, next) = inside.split_once('\'').expect("a literal ends");
                literal.push_str(text);
                match next.strip_prefix('\'') {
                    Some(more) => {
                        literal.push('\'');
                        inside = more;
                    }
                    None => {
                        inside = next;
                        break;
                    }
                }
            }
            whole.shape.push_str(before);
            whole.shape.push_str("'…'");
            whole.literals.push(literal);
            rest = inside;
        }
        whole.shape.push_str(rest);
    }
    whole
}

/// What the CRM was asked since the mark, part by part.
fn asked(stack: &Stack, mark: Seq) -> Vec<Read> {
    let entries = stack.since(mark).into_iter().filter(|entry| entry.service == Service::Dataverse);
    let queries = entries.filter_map(|entry| Some(read(&entry.path, &entry.query?)));
    queries.filter(|read| read.shape.contains("$filter")).collect()
}

fn shapes(read: &[Read]) -> Vec<String> {
    let mut shapes: Vec<String> = read.iter().map(|one| one.shape.clone()).collect();
    shapes.sort();
    shapes
}

#[tokio::test]
async fn a_search_term_is_one_literal_of_a_query_that_never_changes_its_shape() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let mark = stack.mark();
    ada.search(HARMLESS).await;
    let usual = asked(&stack, mark);
    assert!(
        usual.len() >= 5 && usual.iter().all(|one| one.literals.contains(&HARMLESS.to_owned())),
        "{usual:#?}"
    );
    for term in HOSTILE {
        let mark = stack.mark();
        let answer = ada.look_for(term).await;
        let term = term.trim().to_lowercase();
        let seen = asked(&stack, mark);
        if !answer.status.is_success() {
            assert!(answer.status.is_client_error() && seen.is_empty(), "{term:?}: {}", answer.status);
            continue;
        }
        // What the CRM would take for a wildcard is sifted here, from a longer list.
        let shape = |read: &[Read]| {
            shapes(read)
                .iter()
                .map(|shape| shape.split(" $top=").next().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
        };
        if term.contains(['%', '_', '[', ']']) {
            continue;
        }
        assert_eq!(shape(&seen), shape(&usual), "{term:?}");
        for one in &seen {
            assert!(one.literals.iter().all(|literal| *literal == term), "{term:?}: {one:#?}");
        }
    }
}

#[tokio::test]
async fn whatever_a_term_holds_the_crm_understands_the_query() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for term in HOSTILE.into_iter().chain(["%%", "100%", "a_b", "[x]", "West 5%\""]) {
        let mark = stack.mark();
        let answer = ada.look_for(term).await;
        for entry in stack.since(mark).iter().filter(|entry| entry.service == Service::Dataverse) {
            assert_eq!(entry.status, Some(200), "{term:?}: {} {:?}", entry.path, entry.query);
        }
        assert!(answer.status.is_success() || answer.status.as_u16() == 400, "{term:?}: {}", answer.status);
    }
    let found = ada.search("O'Hara").await;
    assert!(found.records.iter().any(|one| one.record.name.contains("O'Hara")), "{found:?}");
}

#[tokio::test]
async fn addresses_and_names_on_a_mail_are_literals_too() {
    let addresses = [
        "o'hara@fjordline.example",
        "x'or'1'eq'1@fjordline.example",
        "a&$filter=1@fjordline.example",
        "a%27or@fjordline.example",
        "a#b@fjordline.example",
        "a+b@fjordline.example",
    ];
    let shape_of = async |address: &str| {
        let stack = Stack::start().await;
        let mail = stack
            .post(json!({
                "from": {"address": address, "name": "x') or (1 eq 1"},
                "to": [{"address": ADA.upn, "name": "'; drop table wishes; --"}],
                "subject": "x' or 1 eq 1", "html": "<p>x</p>",
            }))
            .await;
        let mark = stack.mark();
        stack.pane(&ADA).open(&mail).await;
        let read = asked(&stack, mark);
        for entry in stack.since(mark) {
            // Not every organization has every table; but every query is understood.
            assert!(matches!(entry.status, Some(200 | 404)), "{address}: {entry:?}");
        }
        read
    };
    let usual = shape_of(INGRID.email).await;
    assert!(usual.iter().any(|one| one.literals.iter().any(|literal| literal == INGRID.email)), "{usual:#?}");
    for address in addresses {
        let seen = shape_of(address).await;
        assert_eq!(shapes(&seen), shapes(&usual), "{address}");
        assert!(
            seen.iter().any(|one| one.literals.iter().any(|literal| literal == address)),
            "{address}: {seen:#?}"
        );
    }
}

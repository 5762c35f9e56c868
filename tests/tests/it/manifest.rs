//! The manifest, the pages that it names and the policy under which they are served say the same.
//!
//! Its form (schema order, resources, icons' sizes) is checked by `cargo xtask test`; here it meets the service.

use backend::config::{self, Config};
use backend::http::csp;
use http::{Method, StatusCode};
use sandbox::company::ADA;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tests::Stack;
use url::Url;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the project").to_owned()
}

/// What stands between two texts, each time.
fn between<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(move |rest| rest.split(after).next())
}

/// Addresses that the manifest has Outlook open or show.
fn addresses(manifest: &str) -> Vec<Url> {
    let values = between(manifest, "DefaultValue=\"", "\"").filter(|value| value.contains("://"));
    values.map(|value| value.parse().expect("an address")).collect()
}

/// The sources of one directive of a policy.
fn sources<'a>(policy: &'a str, directive: &str) -> BTreeSet<&'a str> {
    let found = policy.split("; ").find_map(|one| one.strip_prefix(directive)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {directive} in {policy}")).split(' ').collect()
}

/// The configuration that the example describes: a real tenant.
fn real() -> Config {
    let folder = root().join("backend");
    let text = std::fs::read_to_string(folder.join("regarding.example.toml")).expect("the example");
    let secret = |_: &str| Some("q8X~4d9fLk2mPz7RtVw1YbNc6HsJg3AeUoBi0QxT".to_owned());
    config::parse(&text, &folder, secret).expect("the example is a good one")
}

async fn with_pages() -> Stack {
    Stack::start_with(|setup| setup.config.static_dir = Some(root().join("static"))).await
}

#[test]
fn the_manifests_hosts_are_those_of_the_content_security_policy() {
    let manifest = std::fs::read_to_string(root().join("manifest.xml")).expect("the manifest");
    let policy = csp::pane(&real());
    let domains: BTreeSet<&str> = between(&manifest, "<AppDomain>", "</AppDomain>").collect();
    let mut beyond_us = sources(&policy, "connect-src");
    assert!(beyond_us.remove("'self'"));
    assert_eq!(domains, beyond_us, "AppDomains are where the pane may go");
    let origins: BTreeSet<String> =
        addresses(&manifest).iter().map(|url| url.origin().ascii_serialization()).collect();
    assert_eq!(origins, BTreeSet::from(["https://localhost:3000".to_owned()]), "one origin: 'self'");
    assert_eq!(
        sources(&policy, "script-src"),
        BTreeSet::from(["'self'", "'wasm-unsafe-eval'", "https://appsforoffice.microsoft.com"])
    );
    for source in policy.split([' ', ';']).filter(|source| source.contains("://")) {
        assert!(source.starts_with("https://"), "{source}");
        assert!(!source.contains('*'), "{source}");
    }
}

#[tokio::test]
async fn the_sandboxs_manifest_and_policy_name_the_sandbox_and_the_pane_alone() {
    let stack = with_pages().await;
    let policy = csp::pane(&stack.config);
    assert_eq!(sources(&policy, "frame-ancestors"), BTreeSet::from(["'self'", "https://localhost:4000"]));
    assert_eq!(sources(&policy, "connect-src"), BTreeSet::from(["'self'", "https://localhost:4000"]));
    let moved = Stack::start_with(|setup| {
        setup.config.public_origin = "https://localhost:3111".parse().expect("an origin");
    })
    .await;
    for (stack, origin) in [(stack, "https://localhost:3000"), (moved, "https://localhost:3111")] {
        let served = stack.pane(&ADA).call(Method::GET, "/manifest.xml", None).await;
        let served = String::from_utf8(served.body.to_vec()).expect("text");
        let found = addresses(&served);
        assert!(found.len() > 30, "{}", found.len());
        assert!(found.iter().all(|url| url.origin().ascii_serialization() == origin), "{origin}");
    }
}

#[tokio::test]
async fn everything_that_the_manifest_names_is_served_as_what_it_is() {
    let stack = with_pages().await;
    let manifest = std::fs::read_to_string(root().join("manifest.xml")).expect("the manifest");
    let anybody = stack.pane(&ADA);
    for url in addresses(&manifest) {
        let answer = anybody.call(Method::GET, url.path(), None).await;
        assert_eq!(answer.status, StatusCode::OK, "{url}");
        let header = |name: &str| answer.headers[name].to_str().expect("text").to_owned();
        let is_page = Path::new(url.path()).extension().is_some_and(|ending| ending == "html");
        assert_eq!(
            header("content-type"),
            if is_page { "text/html; charset=utf-8" } else { "image/png" },
            "{url}"
        );
        let expected = if is_page { csp::pane(&stack.config) } else { csp::api(&stack.config) };
        assert_eq!(header("content-security-policy"), expected, "{url}");
        if !is_page {
            assert_eq!(header("cross-origin-resource-policy"), "cross-origin", "Outlook shows {url}");
        }
    }
}

#[tokio::test]
async fn nobody_may_frame_the_page_on_which_something_is_destroyed() {
    let stack = with_pages().await;
    let answer = stack.pane(&ADA).call(Method::GET, "/dialog.html", None).await;
    let policy = answer.headers["content-security-policy"].to_str().expect("text");
    assert_eq!(sources(policy, "frame-ancestors"), BTreeSet::from(["'none'"]));
}

#[test]
fn the_pages_need_no_inline_script_or_style() {
    for name in ["pane.html", "dialog.html", "commands.html", "signed-in.html"] {
        let page = std::fs::read_to_string(root().join("static").join(name)).expect("a page");
        for script in page.split("<script").skip(1) {
            let (tag, inside) = script.split_once('>').expect("a tag");
            let inside = inside.split("</script>").next().unwrap_or_default();
            assert!(tag.contains("src=") && inside.trim().is_empty(), "{name}: <script{tag}>{inside}");
        }
        assert!(!page.contains("<style") && !page.contains(" style="), "{name}");
        for handler in [" onclick=", " onload=", " onerror=", "javascript:"] {
            assert!(!page.contains(handler), "{name}: {handler}");
        }
    }
}

//! The headers of every kind of answer.

use crate::house::{self, Answer, House};
use axum::body::Body;
use backend::http::routes::ROUTES;
use http::Request;

/// The headers that matter for security, as text.
fn told(answer: &Answer) -> String {
    let names = [
        "cache-control",
        "content-security-policy",
        "content-type",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
    ];
    let present = names.iter().filter(|name| answer.headers.contains_key(**name));
    let lines: Vec<String> = present.map(|name| format!("{name}: {}", answer.header(name))).collect();
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn an_answer_of_the_api_says_exactly_this() {
    let house = House::open().await;
    let expected = "\
cache-control: no-store
content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
content-type: application/json
cross-origin-opener-policy: same-origin-allow-popups
cross-origin-resource-policy: same-origin
referrer-policy: no-referrer
x-content-type-options: nosniff
";
    assert_eq!(told(&house.get("/api/config").await), expected);
    let problem = house.get("/api/me").await;
    assert_eq!(told(&problem), expected.replace("application/json", "application/problem+json"));
}

#[tokio::test]
async fn the_root_says_who_may_frame_the_pane_because_outlook_looks_there() {
    let house = House::open().await;
    let answer = house.get("/").await;
    let expected = "\
cache-control: no-cache
content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval' https://localhost:4000; connect-src 'self' https://localhost:4000; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; report-uri /csp-report; frame-ancestors 'self' https://localhost:4000
content-type: text/plain; charset=utf-8
cross-origin-opener-policy: same-origin-allow-popups
cross-origin-resource-policy: cross-origin
referrer-policy: no-referrer
x-content-type-options: nosniff
";
    assert_eq!(told(&answer), expected);
}

#[tokio::test]
async fn no_answer_of_any_route_has_x_frame_options_a_cookie_or_an_open_door_for_other_origins() {
    let house = House::open().await;
    let routes = ROUTES.iter().map(|route| (route.method.clone(), house::path_of(route)));
    let files = ["/", "/pane.html", "/nothing"].map(|path| (http::Method::GET, path.to_owned()));
    for (method, path) in routes.chain(files) {
        let request = Request::builder().method(method).uri(&path).header("origin", "https://evil.example");
        let answer = house.call(request.body(Body::empty()).unwrap()).await;
        for name in ["x-frame-options", "set-cookie", "access-control-allow-origin", "server", "x-powered-by"]
        {
            assert!(!answer.headers.contains_key(name), "{name} on {path}");
        }
        for name in ["x-request-id", "permissions-policy", "content-security-policy", "cache-control"] {
            assert!(answer.headers.contains_key(name), "{name} on {path}");
        }
    }
}

#[tokio::test]
async fn browsers_are_bound_to_https_for_a_year_but_not_on_the_developers_machine() {
    let microsoft = House::with(|config| {
        let address = |text: &str| text.parse().unwrap();
        config.other_side = backend::config::OtherSide::Microsoft;
        config.public_origin = address("https://regarding.contoso.com");
        config.entra.authority = address(backend::config::ENTRA);
        config.graph.url = address(backend::config::GRAPH);
        config.tenants[0].dataverse = address("https://contoso.crm4.dynamics.com");
        config.pane.office_js = address(backend::config::OFFICE_JS);
        config.pane.frame_ancestors = backend::config::OUTLOOK_ORIGINS.map(address).to_vec();
    })
    .await;
    let answer = microsoft.get("/").await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    let policy = answer.header("content-security-policy");
    for piece in [
        "script-src 'self' 'wasm-unsafe-eval' https://appsforoffice.microsoft.com;",
        "connect-src 'self' https://login.microsoftonline.com;",
        "frame-ancestors 'self' https://outlook.office.com https://outlook.office365.com https://outlook.cloud.microsoft https://outlook.live.com",
    ] {
        assert!(policy.contains(piece), "{piece} in {policy}");
    }
    assert_eq!(microsoft.get("/manifest.xml").await.problem(), "not-found");
    let sandbox = House::open().await;
    assert_eq!(sandbox.get("/").await.header("strict-transport-security"), "");
}

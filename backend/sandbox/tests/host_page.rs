//! What the host page's server promises to browsers and to panes.

use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::{Request, StatusCode, header};
use sandbox::world::SystemClock;
use sandbox::{Options, World, company, host};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tower::ServiceExt;

fn world(npm_dir: Option<&Path>) -> Arc<World> {
    let options = Options {
        npm_dir: npm_dir.map(Path::to_path_buf),
        pane_origin: "https://pane.example:3000".to_owned(),
        ..Options::in_memory(Arc::new(SystemClock))
    };
    World::new(options).expect("a tenant in memory")
}

async fn get(world: &Arc<World>, path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let Ok(response) = host::router().with_state(world.clone()).oneshot(request).await;
    response
}

fn header_of(response: &Response, name: header::HeaderName) -> String {
    response.headers().get(name).map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default()
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A folder that looks as npm leaves it.
fn installed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let files = [
        ("@microsoft/office-js/package.json", "{}"),
        ("@microsoft/office-js/dist/office.js", "/* office */"),
        ("@microsoft/office-js/dist/outlook-web-16.01.js", "/* outlook */"),
        ("@azure/msal-browser/lib/msal-browser.min.js", "/* msal */"),
    ];
    for (file, content) in files {
        let path = folder.path().join("node_modules").join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, content).expect("written");
    }
    folder
}

#[tokio::test]
async fn the_pages_run_only_their_own_scripts_and_frame_only_the_pane() {
    let world = world(None);
    for path in ["/", "/host/journal", "/host/records"] {
        let response = get(&world, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let policy = header_of(&response, header::CONTENT_SECURITY_POLICY);
        for directive in [
            "default-src 'none'",
            "script-src 'self';",
            "style-src 'self';",
            "frame-src 'self' https://pane.example:3000;",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(directive), "{path}: {directive} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn scripts_are_served_as_modules_that_browsers_accept() {
    let world = world(None);
    let page = text(get(&world, "/").await).await;
    assert!(page.contains("type=\"module\" src=\"/host/page.js\""));
    let script = get(&world, "/host/page.js").await;
    assert_eq!(header_of(&script, header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert_eq!(header_of(&script, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(get(&world, "/host/nothing.js").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_knows_who_works_here_and_where_the_pane_is() {
    let config: Value =
        serde_json::from_str(&text(get(&world(None), "/host/config").await).await).expect("JSON");
    assert_eq!(config["paneOrigin"], "https://pane.example:3000");
    let people = config["people"].as_array().expect("people");
    assert_eq!(people.len(), company::PEOPLE.len());
    let unlicensed: Vec<_> = people.iter().filter(|person| person["hasLicence"] == false).collect();
    assert_eq!(unlicensed.len(), 1);
    assert_eq!(unlicensed[0]["upn"], company::DAN.upn);
}

#[tokio::test]
async fn without_the_libraries_the_answer_says_what_to_run() {
    let nothing = tempfile::tempdir().expect("a folder");
    let world = world(Some(nothing.path()));
    let response = get(&world, "/npm/office-js/dist/office.js").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let sentence = text(response).await;
    assert!(sentence.contains("npm install") && sentence.contains("@microsoft/office-js@"), "{sentence}");
    let config: Value = serde_json::from_str(&text(get(&world, "/host/config").await).await).expect("JSON");
    assert_eq!(config["library"]["missing"].as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn office_js_is_the_real_library_between_what_outlook_would_bring() {
    let folder = installed();
    let world = world(Some(folder.path()));
    let response = get(&world, "/npm/office-js/dist/office.js").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header_of(&response, header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let script = text(response).await;
    let (before, after) = script.split_once("/* office */").expect("the library");
    assert!(before.contains("nestedAppAuthBridge") && after.contains("officeTheme"));
    assert!(!script.contains("eval(") && !script.contains("new Function"), "the pane's policy forbids it");
}

#[tokio::test]
async fn other_library_files_are_served_untouched_and_nothing_else_is() {
    let folder = installed();
    let world = world(Some(folder.path()));
    assert_eq!(text(get(&world, "/npm/office-js/dist/outlook-web-16.01.js").await).await, "/* outlook */");
    assert_eq!(text(get(&world, "/npm/msal-browser/lib/msal-browser.min.js").await).await, "/* msal */");
    for path in [
        "/npm/office-js/package.json",
        "/npm/office-js/dist/..%2fpackage.json",
        "/npm/office-js/dist/%2e%2e/package.json",
        "/npm/office-js/dist/missing.js",
        "/npm/elsewhere/dist/office.js",
    ] {
        assert_eq!(get(&world, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn mail_is_shown_without_scripts_and_without_the_network() {
    let world = world(None);
    let address = {
        let exchange = world.exchange();
        let mailbox = exchange.mailbox(company::ADA.upn).expect("Ada's mailbox");
        let message = mailbox.messages().next().expect("a message");
        let id = mailbox.item_id(message, sandbox::exchange::IdForm::Mutable);
        format!("/host/body/{}/{}", company::ADA.upn, id.replace('=', "%3D"))
    };
    let response = get(&world, &address).await;
    assert_eq!(response.status(), StatusCode::OK);
    let policy = header_of(&response, header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("default-src 'none'") && policy.contains("img-src data:"), "{policy}");
    assert!(policy.contains("sandbox ") && !policy.contains("allow-scripts"), "{policy}");
    let elsewhere = get(&world, &address.replace(company::ADA.upn, company::BEN.upn)).await;
    assert_eq!(elsewhere.status(), StatusCode::BAD_REQUEST, "an id of another mailbox is malformed");
    assert_eq!(get(&world, "/host/body/nobody@x.example/AAA").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_path_says_where_to_go() {
    let response = get(&world(None), "/favicon.ico").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(text(response).await.contains("/host/journal"));
}

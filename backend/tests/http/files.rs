//! The pane's files.

use crate::house::House;
use axum::body::Body;
use backend::config::OFFICE_JS;
use http::{Request, StatusCode};
use std::path::Path;

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

async fn house() -> (House, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let page = format!("<script src=\"{OFFICE_JS}\"></script>");
    write(folder.path(), "pane.html", &page);
    write(folder.path(), "pane.html.br", "stale");
    write(folder.path(), "dialog.html", &page);
    write(folder.path(), "assets/pane.0123.js", "plain");
    write(folder.path(), "assets/pane.0123.js.br", "brotli");
    write(folder.path(), "assets/pane.0123.js.gz", "gzip");
    write(folder.path(), "icons/mark-16.png", "png");
    let static_dir = folder.path().to_owned();
    let house = House::with(|config| config.static_dir = Some(static_dir)).await;
    (house, folder)
}

async fn get(house: &House, path: &str, name: &'static str, value: &str) -> crate::house::Answer {
    house.call(Request::get(path).header(name, value).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn pages_load_office_js_from_where_the_configuration_says() {
    let (house, _folder) = house().await;
    let answer = get(&house, "/pane.html?_host_Info=Outlook", "accept-encoding", "br").await;
    assert_eq!(
        answer.text(),
        "<script src=\"https://localhost:4000/npm/office-js/dist/office.js\"></script>"
    );
    assert_eq!(answer.header("content-encoding"), "");
    assert_eq!(answer.header("cache-control"), "no-cache");
    assert!(
        answer.header("content-security-policy").contains("frame-ancestors 'self' https://localhost:4000")
    );
    let dialog = house.get("/dialog.html").await;
    assert!(dialog.header("content-security-policy").ends_with("frame-ancestors 'none'"));
}

#[tokio::test]
async fn files_are_sent_in_the_smallest_form_that_the_client_takes() {
    let (house, _folder) = house().await;
    let path = "/assets/pane.0123.js";
    for (accepts, body, coding) in [
        ("gzip, deflate, br", "brotli", "br"),
        ("gzip;q=0.5", "gzip", "gzip"),
        ("br;q=0, gzip", "gzip", "gzip"),
        ("identity", "plain", ""),
        ("", "plain", ""),
    ] {
        let answer = get(&house, path, "accept-encoding", accepts).await;
        assert_eq!((answer.text().as_str(), answer.header("content-encoding")), (body, coding), "{accepts}");
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("vary"), "accept-encoding");
        let again = house
            .call(
                Request::get(path)
                    .header("accept-encoding", accepts)
                    .header("if-none-match", answer.header("etag"))
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    }
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served() {
    let (house, folder) = house().await;
    std::fs::write(folder.path().parent().unwrap().join("regarding-secret"), "secret").unwrap();
    for path in [
        "/../regarding-secret",
        "/%2e%2e/regarding-secret",
        "/..%2Fregarding-secret",
        "//etc/passwd",
        "/assets",
        "/assets/",
    ] {
        assert_eq!(house.get(path).await.problem(), "not-found", "{path}");
    }
    std::fs::remove_file(folder.path().parent().unwrap().join("regarding-secret")).unwrap();
}

#[tokio::test]
async fn icons_may_be_shown_by_outlook_and_the_manifest_be_read_by_the_sandbox() {
    let (house, _folder) = house().await;
    let icon = house.get("/icons/mark-16.png").await;
    assert_eq!(
        (icon.header("content-type"), icon.header("cross-origin-resource-policy")),
        ("image/png", "cross-origin")
    );
    let manifest = house.get("/manifest.xml").await;
    assert_eq!(manifest.header("access-control-allow-origin"), "https://localhost:4000");
    assert!(manifest.text().contains("<OfficeApp") && manifest.text().contains("https://localhost:3000/"));
}

#[tokio::test]
async fn a_folder_without_the_pane_is_refused_with_the_command_that_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = crate::house::clock();
    let (_, transport) = crate::house::sandbox(&clock);
    for missing in [folder.path().to_owned(), folder.path().join("nowhere")] {
        let mut config = crate::house::config();
        config.static_dir = Some(missing);
        let parts = crate::house::parts(&clock, transport.clone(), folder.path(), config).await;
        let error = backend::app::assemble(parts).await.map(|_| ()).expect_err("refused").to_string();
        assert!(error.contains("cargo xtask pane"), "{error}");
    }
}

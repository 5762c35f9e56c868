//! The program on the command line.

use std::process::{Command, Output};

fn regarding(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_regarding"))
        .args(arguments)
        .env("REGARDING_CLIENT_SECRET", "q8X~4d9fLk2mPz7RtVw1YbNc6HsJg3AeUoBi0QxT")
        .env_remove("REGARDING_LOG")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_example_of_the_configuration_is_a_good_one() {
    let output = regarding(&["check-config", concat!(env!("CARGO_MANIFEST_DIR"), "/regarding.example.toml")]);
    let told = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(told.contains("https://login.microsoftonline.com") && told.contains("client secret"), "{told}");
    assert!(!told.contains("q8X~"), "{told}");
}

#[test]
fn a_bad_configuration_is_refused_with_every_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("regarding.toml");
    let good = include_str!("../../regarding.example.toml");
    let bad = good
        .replace("behind_proxy = true", "certificate = \"missing.pem\"\nkey = \"missing.key\"")
        .replace("id = \"11111111", "id = \"x");
    std::fs::write(&file, bad).unwrap();
    for arguments in [&["check-config"] as &[&str], &["serve", "--config"]] {
        let output = regarding(&[arguments, &[file.to_str().unwrap()]].concat());
        let told = text(&output.stderr);
        assert!(!output.status.success());
        assert!(told.contains("tls.certificate") && told.contains("tenant.id"), "{told}");
        assert!(!told.contains("q8X~"), "{told}");
    }
}

#[test]
fn the_sandbox_is_refused_on_a_public_address_and_beside_a_configuration() {
    let output = regarding(&["serve", "--listen", "0.0.0.0:0"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("this machine only"), "{}", text(&output.stderr));
    let output = regarding(&["serve", "--config", "x.toml", "--mail", "."]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("cannot be used with"), "{}", text(&output.stderr));
}

#[test]
fn the_description_is_printed() {
    let output = regarding(&["openapi"]);
    let description: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(description["paths"]["/api/items/{item}/wishes"]["post"].is_object());
}

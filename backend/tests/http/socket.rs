//! The service on a socket: it starts, answers, stops, and refuses what must not be.

use crate::house;
use backend::app::{Parts, start};
use backend::config::Tls;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn parts(folder: &std::path::Path) -> Parts {
    let clock = house::clock();
    let (_, transport) = house::sandbox(&clock);
    house::parts(&clock, transport, folder, house::config()).await
}

#[tokio::test]
async fn a_service_answers_until_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(parts(folder.path()).await).await.unwrap();
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"status\":\"ok\""), "{answer}");
    let address = running.address;
    running.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_sandbox_never_starts_on_a_public_address() {
    let folder = tempfile::tempdir().unwrap();
    let mut parts = parts(folder.path()).await;
    parts.config.listen = "0.0.0.0:0".parse().unwrap();
    let error = start(parts).await.map(|_| ()).expect_err("refused").to_string();
    assert!(error.contains("this machine only"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_is_none_is_refused_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut parts = parts(folder.path()).await;
    parts.config.tls = Tls::Own { chain_pem: "no PEM".to_owned(), key_pem: "none".into() };
    let error = start(parts).await.map(|_| ()).expect_err("refused").to_string();
    assert!(error.contains("tls.certificate"), "{error}");
}

#[tokio::test]
async fn two_processes_never_work_on_one_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = house::config();
    config.data_dir = folder.path().join("data");
    // The certificate authority of a sandbox that was never started.
    config.roots = backend::net::over_reqwest::Roots::System;
    let first = Parts::of(config.clone()).await.unwrap();
    let error = Parts::of(config.clone()).await.map(|_| ()).expect_err("refused").to_string();
    assert!(error.contains("another process"), "{error}");
    drop(first);
    Parts::of(config).await.expect("free again");
}

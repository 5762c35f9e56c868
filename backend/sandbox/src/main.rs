//! The sandbox on its own: a tenant to try the product, or any Graph and Dataverse client, against.

use anyhow::Context;
use clap::Parser;
use sandbox::server::{Listen, Running, serve};
use sandbox::world::SystemClock;
use sandbox::{Options, World, company};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A Microsoft 365 tenant on loopback: Entra ID, Microsoft Graph, Dataverse and an Outlook-like page.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to serve HTTPS (loopback only)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
    https: SocketAddr,
    /// Where to serve plain HTTP too (loopback only)
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// How clients reach the sandbox; it stands in tokens and links [default: https://localhost:PORT]
    #[arg(long)]
    origin: Option<String>,
    /// Where the pane and its API live
    #[arg(long, default_value = "https://localhost:3000")]
    pane_origin: String,
    /// Folder in which npm installed office-js and msal-browser, for the host page
    #[arg(long, value_name = "DIR")]
    npm: Option<PathBuf>,
    /// Keep the tenant in this folder, so that it is still there after a restart
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Fill Ada's mailbox from the .eml and .mbox files of this folder (may be given several times)
    #[arg(long, value_name = "DIR")]
    mail: Vec<PathBuf>,
    /// Send change notifications to servers whose certificates this authority (PEM) signed, too
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Write a certificate for localhost and its key into this folder (server.pem, server-key.pem), for the servers
    /// of the pane
    #[arg(long, value_name = "DIR")]
    issue: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    anyhow::ensure!(
        arguments.https.port() != 0 || arguments.origin.is_some(),
        "--https with port 0 takes a port that nobody knows beforehand: give a port, or say with --origin how clients reach the sandbox."
    );
    let origin = arguments.origin.unwrap_or_else(|| format!("https://localhost:{}", arguments.https.port()));
    let read = |file: &PathBuf| {
        std::fs::read_to_string(file).with_context(|| format!("--trust {} cannot be read", file.display()))
    };
    let trusted_ca_pem = arguments.trust.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let world = World::new(Options {
        seed: arguments.seed,
        origin,
        pane_origin: arguments.pane_origin,
        npm_dir: arguments.npm,
        state_dir: arguments.state.clone(),
        mail_dirs: arguments.mail,
        trusted_ca_pem,
        ..Options::in_memory(Arc::new(SystemClock))
    })?;
    let listen = Listen { https: Some(arguments.https), http: arguments.http };
    let running = serve(world.clone(), listen).await?;
    let ca_file = put_ca_down(arguments.state.as_deref(), &running)?;
    if let Some(folder) = &arguments.issue {
        issue(&world, folder)?;
    }
    print_welcome(&world, &running, &ca_file);
    wait_for_the_end().await?;
    running.stop().await?;
    Ok(())
}

/// The certificate to trust lies in the state folder, else among the temporary files.
fn put_ca_down(state: Option<&Path>, running: &Running) -> anyhow::Result<PathBuf> {
    if let Some(folder) = state {
        return Ok(folder.join("ca.pem"));
    }
    let port = running.https.map_or(0, |address| address.port());
    let file = std::env::temp_dir().join(format!("regarding-sandbox-{port}-ca.pem"));
    std::fs::write(&file, &running.ca_pem)
        .with_context(|| format!("the certificate cannot be written to {}", file.display()))?;
    Ok(file)
}

/// A certificate for another server on this machine; the key's file is there when both are.
fn issue(world: &World, folder: &Path) -> anyhow::Result<()> {
    let certificate = world.authority()?.issue(world.now());
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(folder.join("server.pem"), certificate.chain_pem))
        .and_then(|()| std::fs::write(folder.join("server-key.pem"), certificate.key_pem))
        .with_context(|| format!("a certificate cannot be written to {}", folder.display()))
}

fn print_welcome(world: &World, running: &Running, ca_file: &Path) {
    let origin = &world.options.origin;
    println!("The sandbox tenant of {} is running.\n", company::NAME);
    for (scheme, address) in [("https", running.https), ("http", running.http)] {
        if let Some(address) = address {
            println!("  listening       {scheme}://{address}");
        }
    }
    println!("  Outlook page    {origin}/");
    println!("  Entra authority {origin}/{}", company::TENANT_ID);
    println!("  Graph           {origin}/v1.0");
    println!("  Dataverse       {origin}/api/data/v9.2");
    println!("  control plane   {origin}/sandbox/tenant");
    println!("  trust this CA   {}\n", ca_file.display());
    println!("To try it with a client of your own:");
    println!("  tenant id       {}", company::TENANT_ID);
    println!("  client id       {}", company::PUBLIC_CLIENT_ID);
    println!("  client secret   {}", company::PUBLIC_CLIENT_SECRET);
    println!("  scopes          https://graph.microsoft.com/.default or {origin}/.default\n");
    match &world.imported {
        Some(report) => {
            if report.loaded > 0 {
                let messages = if report.loaded == 1 { "message was" } else { "messages were" };
                println!("{} {messages} loaded into {}'s mailbox.", report.loaded, company::ADA.name);
            }
            for skipped in &report.skipped {
                println!("skipped {}: {}", skipped.path.display(), skipped.reason);
            }
        }
        None if !world.options.mail_dirs.is_empty() => println!(
            "The tenant was read from its state folder, so --mail was not loaded again. Use a new --state folder to load it."
        ),
        None => {}
    }
    println!("Ctrl+C stops it.");
}

/// Ctrl+C, or on Unix a request to terminate.
async fn wait_for_the_end() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}

//! `regarding`: the service on the command line.

use anyhow::{Context as _, bail};
use backend::admin;
use backend::app::{self, Parts, Running};
use backend::clock::SystemClock;
use backend::config::{self, Config, Credential, OtherSide, StoreAt, Tls, origin_of};
use backend::net::Limits;
use backend::net::over_reqwest::Reqwest;
use backend::telemetry::{self, Format};
use backend::{http, lifecycle};
use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Tracks emails from Outlook in Dynamics 365.
#[derive(Debug, Parser)]
#[command(name = "regarding", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pane and its API; without --config, a sandbox on this machine is the other side
    Serve(Serve),
    /// Read a configuration file, and say what it means or what is wrong with it
    CheckConfig {
        /// The TOML file
        file: PathBuf,
    },
    /// Print the OpenAPI description of the API
    Openapi,
    /// Administer a running service over its API
    Admin(admin::Arguments),
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// The TOML file that names a real tenant
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen [default: the file's, or 127.0.0.1:3000]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Folder of the built pane
    #[arg(long = "static", value_name = "DIR")]
    static_dir: Option<PathBuf>,
    /// Folder for the database, and for the sandbox's tenant [default: the file's, or ./regarding-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// How log lines look
    #[arg(long, value_enum, default_value = "pretty")]
    log: Format,
    /// Sandbox: fill Ada's mailbox from the .eml and .mbox files of this folder (may be given several times)
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    mail: Vec<PathBuf>,
    /// Sandbox: folder in which npm installed office-js, for the Outlook page
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    npm: Option<PathBuf>,
    /// Sandbox: where Entra, Graph, Dataverse and the Outlook page listen [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "config")]
    sandbox_listen: Option<SocketAddr>,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(admin::End::Done) => ExitCode::SUCCESS,
        Ok(admin::End::Refused) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("regarding: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<admin::End> {
    match command {
        Command::Serve(arguments) => {
            telemetry::start(arguments.log);
            let runtime = tokio::runtime::Runtime::new().context("no asynchronous runtime")?;
            runtime.block_on(serve(arguments))?;
        }
        Command::CheckConfig { file } => {
            let config = config::load(&file, environment)?;
            app::rehearse(&config)?;
            print!("{}", summary(&config));
        }
        Command::Openapi => {
            println!("{}", serde_json::to_string_pretty(&http::openapi::describe())?);
        }
        Command::Admin(arguments) => {
            let runtime = tokio::runtime::Runtime::new().context("no asynchronous runtime")?;
            return runtime.block_on(administer(&arguments));
        }
    }
    Ok(admin::End::Done)
}

async fn administer(arguments: &admin::Arguments) -> anyhow::Result<admin::End> {
    let destination = admin::Destination::new(&arguments.way, environment)?;
    let transport = Reqwest::new(&destination.roots, Limits::default()).context("trusted_ca")?;
    let (transport, clock) = (Arc::new(transport), Arc::new(SystemClock));
    let told = admin::run(&arguments.command, arguments.form(), destination, transport, clock).await?;
    match told.end {
        admin::End::Done => print!("{}", told.text),
        // Of JSON everything goes where a program reads it.
        admin::End::Refused if arguments.json => print!("{}", told.text),
        admin::End::Refused => eprint!("{}", told.text),
    }
    Ok(told.end)
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn serve(arguments: Serve) -> anyhow::Result<()> {
    match &arguments.config {
        Some(file) => serve_configured(file, &arguments).await,
        None => serve_sandbox(arguments).await,
    }
}

async fn serve_configured(file: &Path, arguments: &Serve) -> anyhow::Result<()> {
    let mut config = config::load(file, environment)?;
    config.listen = arguments.listen.unwrap_or(config.listen);
    if let Some(folder) = &arguments.data {
        config.data_dir.clone_from(folder);
    }
    if arguments.static_dir.is_some() {
        config.static_dir.clone_from(&arguments.static_dir);
    }
    config::check(&config)?;
    let told = summary(&config);
    let running = app::start(Parts::of(config).await?).await?;
    print!("{told}");
    println!("Ctrl+C stops it.");
    until_the_end(running).await
}

async fn until_the_end(running: Running) -> anyhow::Result<()> {
    lifecycle::asked_to_stop().await.context("signals cannot be heard")?;
    running.stop().await;
    Ok(())
}

/// What a configuration means, without its secrets.
fn summary(config: &Config) -> String {
    let mut lines = vec![
        format!("  listening       {}", config.listen),
        format!("  public origin   {}", origin_of(&config.public_origin)),
        format!(
            "  encryption      {}",
            match config.tls {
                Tls::Own { .. } => "by the service",
                Tls::BehindProxy => "by a proxy in front; the service speaks plain HTTP",
            }
        ),
        format!("  data folder     {}", config.data_dir.display()),
        format!(
            "  database        {}",
            match &config.store {
                StoreAt::Sqlite => "SQLite, in the data folder",
                StoreAt::Postgres(_) => "PostgreSQL, shared with other processes",
            }
        ),
        format!("  Entra authority {}", origin_of(&config.entra.authority)),
        format!("  client id       {}", config.entra.client_id),
        format!(
            "  credential      {}",
            match config.entra.credential {
                Credential::Secret(_) => "client secret",
                Credential::Certificate { .. } => "certificate",
            }
        ),
        format!("  Graph           {}", origin_of(&config.graph.url)),
    ];
    for tenant in &config.tenants {
        lines.push(format!("  tenant          {} with {}", tenant.id, origin_of(&tenant.dataverse)));
    }
    lines.push(match &config.static_dir {
        Some(folder) => format!("  pane            {}", folder.display()),
        None => "  pane            none (static_dir is not set): the API alone".to_owned(),
    });
    let heading = match config.other_side {
        OtherSide::Microsoft => "Regarding, with Microsoft 365:",
        OtherSide::Sandbox => "Regarding, with a SANDBOX on this machine:",
    };
    format!("{heading}\n\n{}\n\n", lines.join("\n"))
}

#[cfg(not(feature = "sandbox"))]
async fn serve_sandbox(_: Serve) -> anyhow::Result<()> {
    bail!("this build has no sandbox: name a real tenant with --config FILE (see regarding.example.toml)");
}

#[cfg(feature = "sandbox")]
async fn serve_sandbox(arguments: Serve) -> anyhow::Result<()> {
    use backend::app::embedded::{Choices, open};
    let here = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let choices = Choices {
        listen: arguments.listen.unwrap_or_else(|| here(3000)),
        sandbox_listen: arguments.sandbox_listen.unwrap_or_else(|| here(4000)),
        npm_dir: arguments.npm,
        mail_dirs: arguments.mail,
        data_dir: arguments.data.unwrap_or_else(|| "regarding-data".into()),
        static_dir: arguments.static_dir,
    };
    if !choices.listen.ip().is_loopback() {
        bail!(
            "--listen {}: with the sandbox, everybody who reaches the service may act as anybody, so it listens on this machine only. Use 127.0.0.1, or name a real tenant with --config FILE",
            choices.listen
        );
    }
    let embedded = open(choices).await?;
    let pane = origin_of(&embedded.config.public_origin);
    let lock = embedded.lock.try_clone().context("the lock on the data folder")?;
    let running = app::start(Parts::locked(embedded.config.clone(), lock).await?).await?;
    welcome(&embedded, &pane);
    until_the_end(running).await?;
    embedded.running.stop().await?;
    Ok(())
}

#[cfg(feature = "sandbox")]
fn welcome(embedded: &app::embedded::Embedded, pane: &str) {
    use sandbox::company;
    let origin = &embedded.world.options.origin;
    println!("Regarding, with a SANDBOX on this machine: nothing here reaches Microsoft 365.\n");
    println!("  open this       {origin}/   (Outlook of {})", company::NAME);
    println!("  pane and API    {pane}/");
    println!("  trust this CA   {}\n", embedded.ca_file.display());
    println!("To try the sandbox with a client of your own:");
    println!("  Entra authority {origin}/{}", company::TENANT_ID);
    println!("  Graph           {origin}/v1.0");
    println!("  Dataverse       {origin}/api/data/v9.2");
    println!("  client id       {}", company::PUBLIC_CLIENT_ID);
    println!("  client secret   {}", company::PUBLIC_CLIENT_SECRET);
    println!("  scopes          https://graph.microsoft.com/.default or {origin}/.default\n");
    match &embedded.world.imported {
        Some(report) => {
            if report.loaded > 0 {
                let messages = if report.loaded == 1 { "message was" } else { "messages were" };
                println!("{} {messages} loaded into {}'s mailbox.", report.loaded, company::ADA.name);
            }
            for skipped in &report.skipped {
                println!("skipped {}: {}", skipped.path.display(), skipped.reason);
            }
        }
        None if !embedded.world.options.mail_dirs.is_empty() => println!(
            "The tenant of an earlier run was kept, so --mail was not loaded again. Name a new folder with --data to load it."
        ),
        None => {}
    }
    println!("Ctrl+C stops it.");
}

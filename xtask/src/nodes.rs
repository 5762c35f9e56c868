//! Several nodes on one machine: `cargo xtask run --nodes 3`, and `cargo xtask nodes`, which kills them.
//!
//! What production has is all here: a PostgreSQL, a balancer in front of the nodes (it passes connections on and
//! looks into none), Microsoft's side (the sandbox), and as many processes as wanted, each of which may be killed.
//! Everything is thrown away at the end; a run that is to be kept uses one's own database and `--config`.

use std::env;
use std::fs;
use std::io::copy;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xtask::postgres::Server;

use crate::project::Project;
use crate::say;
use crate::server::{self, Speed};

/// Where people reach the pane; the nodes listen on the ports after it.
const PORT: u16 = 3000;
/// Where the sandbox listens.
const SANDBOX_PORT: u16 = 4000;
/// So that the command that is printed fits on a line.
const MOST_NODES: u16 = 9;
/// The sandbox's app registration and tenant, which are always the same.
const CLIENT_ID: &str = "5a9db0c5-0000-4000-8000-00000000c000";
const CLIENT_SECRET: &str = "sandbox-secret-opens-nothing-else";
const TENANT_ID: &str = "5a9db0c5-0000-4000-8000-00000000a000";
/// Variable of the environment in which a node finds the secret.
const SECRET: &str = "REGARDING_CLIENT_SECRET";
/// How long a process may take until it listens.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often is looked whether all live.
const LOOK: Duration = Duration::from_millis(200);

/// Builds the sandbox as a program of its own, and the server.
pub fn build(project: &Project, speed: Speed) -> Result<()> {
    let mut command = project.cargo();
    command.args(["build", "--locked", "--package", "backend", "--package", "sandbox"]);
    command.args(["--bin", "regarding", "--bin", "sandbox"]);
    if speed == Speed::Production {
        command.arg("--release");
    }
    say::build(&mut command)
}

/// Starts everything and watches over it until it is interrupted. Ctrl+C reaches all of it: the processes belong to
/// the same terminal.
pub fn run(project: &Project, speed: Speed, count: u16) -> Result<()> {
    ensure!((2..=MOST_NODES).contains(&count), "--nodes takes 2 to {MOST_NODES}");
    let entrance = TcpListener::bind(here(PORT)).with_context(|| taken(PORT))?;
    let folder = project.memory().join("nodes");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    eprintln!("starting PostgreSQL, the sandbox and {count} nodes");
    let database = Server::start()?;
    let mut sandbox = start_sandbox(project, speed, &folder)?;
    let mut nodes = (1..=count)
        .map(|number| Node::start(project, speed, &folder, &database, number))
        .collect::<Result<Vec<_>>>()?;
    for node in &mut nodes {
        let address = node.address();
        until(&mut node.process, "a node", || TcpStream::connect(address).is_ok())?;
    }
    let addresses: Vec<SocketAddr> = nodes.iter().map(Node::address).collect();
    thread::spawn(move || balance(&entrance, &addresses.into()));
    tell(project, speed, &folder, &nodes);
    watch(&mut sandbox, &mut nodes, &server::program(project, speed))
}

/// Kills random nodes under load, as often as wanted, and looks what became of the mail.
pub fn kill(project: &Project, kills: u64, seed: Option<u64>, older: Option<&Path>) -> Result<()> {
    let mut command = project.cargo();
    command.args(["test", "--locked", "--package", "tests", "--test", "nodes", "--", "--nocapture"]);
    command.env("REGARDING_BIN", server::program(project, Speed::Development));
    command.env("REGARDING_KILLS", kills.to_string());
    if let Some(seed) = seed {
        command.env("REGARDING_SEED", seed.to_string());
    }
    if let Some(older) = older {
        // The test runs in a folder of its own.
        command.env("REGARDING_OLDER", fs::canonicalize(older).with_context(|| missing(older))?);
    }
    say::show(&mut command)
}

fn missing(older: &Path) -> String {
    format!("there is no program {}; build one from an earlier commit", older.display())
}

/// One `regarding serve`.
struct Node {
    number: u16,
    file: PathBuf,
    process: Child,
    lives: bool,
}

impl Node {
    fn start(project: &Project, speed: Speed, folder: &Path, database: &Server, number: u16) -> Result<Self> {
        let own = folder.join(format!("node-{number}"));
        fs::create_dir_all(&own).with_context(|| format!("cannot make {}", own.display()))?;
        let file = own.join("regarding.toml");
        let text = configuration(project, folder, &database.url("postgres"), number);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        let process = Command::new(server::program(project, speed))
            .args(["serve", "--config"])
            .arg(&file)
            .env(SECRET, CLIENT_SECRET)
            .stdout(fs::File::create(own.join("log")).context("cannot write a log")?)
            .stderr(fs::File::create(own.join("errors")).context("cannot write a log")?)
            .spawn()
            .context("cannot start a node")?;
        Ok(Self { number, file, process, lives: true })
    }

    fn address(&self) -> SocketAddr {
        here(PORT + self.number)
    }
}

fn configuration(project: &Project, folder: &Path, database: &str, number: u16) -> String {
    let port = PORT + number;
    let sandbox = format!("https://localhost:{SANDBOX_PORT}");
    let folder = folder.display();
    let dist = project.dist();
    let dist = dist.display();
    format!(
        r#"listen = "127.0.0.1:{port}"
public_origin = "https://localhost:{PORT}"
data_dir = "."
node = "node-{number}"
static_dir = '{dist}'
trusted_ca = '{folder}/sandbox/ca.pem'
sandbox = true
[tls]
certificate = '{folder}/tls/server.pem'
key = '{folder}/tls/server-key.pem'
[entra]
authority = "{sandbox}"
client_id = "{CLIENT_ID}"
secret_env = "{SECRET}"
[graph]
url = "{sandbox}"
[[tenant]]
id = "{TENANT_ID}"
dataverse = "{sandbox}"
mailboxes = "all"
[pane]
office_js = "{sandbox}/npm/office-js/dist/office.js"
frame_ancestors = ["{sandbox}"]
[store]
postgres = "{database}"
"#
    )
}

fn start_sandbox(project: &Project, speed: Speed, folder: &Path) -> Result<Child> {
    let issued = folder.join("tls");
    let program =
        server::program(project, speed).with_file_name(format!("sandbox{}", env::consts::EXE_SUFFIX));
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut process = Command::new(program)
        .arg("--https")
        .arg(here(SANDBOX_PORT).to_string())
        .arg("--pane-origin")
        .arg(format!("https://localhost:{PORT}"))
        .arg("--npm")
        .arg(&project.root)
        .arg("--state")
        .arg(folder.join("sandbox"))
        .arg("--issue")
        .arg(&issued)
        .stdout(fs::File::create(folder.join("sandbox.log")).context("cannot write a log")?)
        .spawn()
        .context("cannot start the sandbox")?;
    until(&mut process, "the sandbox", || issued.join("server-key.pem").is_file())?;
    Ok(process)
}

/// Waits for a process to be ready; fails where it ends first.
fn until(process: &mut Child, what: &str, is_ready: impl Fn() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !is_ready() {
        if let Some(status) = process.try_wait().context("a process cannot be asked")? {
            bail!("{what} ended before it was ready ({status})");
        }
        ensure!(begun.elapsed() < PATIENCE, "{what} is not ready after {}", say::seconds(PATIENCE));
        thread::sleep(LOOK);
    }
    Ok(())
}

/// Passes each connection on to the next node that takes it.
fn balance(entrance: &TcpListener, nodes: &Arc<[SocketAddr]>) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    for visitor in entrance.incoming().flatten() {
        let first = NEXT.fetch_add(1, Ordering::Relaxed);
        let nodes = nodes.clone();
        thread::spawn(move || {
            let turns = (0..nodes.len()).map(|turn| nodes[(first + turn) % nodes.len()]);
            if let Some(node) = turns.into_iter().find_map(|node| TcpStream::connect(node).ok()) {
                pass_on(&visitor, &node);
            }
        });
    }
}

/// Both ways, until either side ends.
fn pass_on(visitor: &TcpStream, node: &TcpStream) {
    let carry = |mut from: &TcpStream, mut to: &TcpStream| {
        // A connection that breaks is one that ends.
        let _ = copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    thread::scope(|scope| {
        scope.spawn(|| carry(visitor, node));
        carry(node, visitor);
        let _ = visitor.shutdown(Shutdown::Both);
    });
}

fn tell(project: &Project, speed: Speed, folder: &Path, nodes: &[Node]) {
    let program = server::program(project, speed);
    println!("Regarding on {} nodes with one PostgreSQL; nothing here reaches Microsoft 365.\n", nodes.len());
    println!("  open this       https://localhost:{SANDBOX_PORT}/   (Outlook)");
    println!("  pane and API    https://localhost:{PORT}/   (by whichever node answers)");
    for node in nodes {
        println!(
            "  node {}          https://{}/   kill -9 {}",
            node.number,
            node.address(),
            node.process.id()
        );
    }
    println!("  logs            {}/node-*/errors", folder.display());
    println!("  trust this CA   {}/sandbox/ca.pem\n", folder.display());
    println!(
        "Kill a node with its command above; within 30 seconds the others have its mailboxes. To see who has what:"
    );
    println!(
        "  {SECRET}={CLIENT_SECRET} {} admin --config {} nodes list\n",
        program.display(),
        nodes[0].file.display()
    );
    println!("Ctrl+C stops everything, and nothing of it is kept.");
}

/// Says who has ended; returns when there is nobody left to watch.
fn watch(sandbox: &mut Child, nodes: &mut [Node], program: &Path) -> Result<()> {
    loop {
        for node in nodes.iter_mut().filter(|node| node.lives) {
            if let Some(status) = node.process.try_wait().context("a node cannot be asked")? {
                node.lives = false;
                println!(
                    "node {} has ended ({status}). To start it again, in another terminal:\n  {SECRET}={CLIENT_SECRET} {} serve --config {}",
                    node.number,
                    program.display(),
                    node.file.display()
                );
            }
        }
        if !nodes.iter().any(|node| node.lives) {
            let _ = sandbox.kill();
            bail!("no node is left");
        }
        if let Some(status) = sandbox.try_wait().context("the sandbox cannot be asked")? {
            for node in nodes.iter_mut() {
                let _ = node.process.kill();
            }
            bail!("the sandbox has ended ({status})");
        }
        thread::sleep(LOOK);
    }
}

fn here(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn taken(port: u16) -> String {
    format!("port {port} is taken; stop what listens there")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    #[test]
    fn the_balancer_passes_by_a_node_that_is_gone() {
        let gone = TcpListener::bind(here(0)).and_then(|it| it.local_addr()).unwrap();
        let node = TcpListener::bind(here(0)).unwrap();
        let entrance = TcpListener::bind(here(0)).unwrap();
        let (inside, outside) = (node.local_addr().unwrap(), entrance.local_addr().unwrap());
        thread::spawn(move || balance(&entrance, &vec![gone, inside].into()));
        thread::spawn(move || {
            for mut visitor in node.incoming().flatten() {
                let mut asked = [0; 4];
                visitor.read_exact(&mut asked).unwrap();
                visitor.write_all(&asked).unwrap();
            }
        });
        for _ in 0..3 {
            let mut visitor = TcpStream::connect(outside).unwrap();
            visitor.write_all(b"ping").unwrap();
            let mut answer = String::new();
            visitor.read_to_string(&mut answer).unwrap();
            assert_eq!(answer, "ping");
        }
    }
}

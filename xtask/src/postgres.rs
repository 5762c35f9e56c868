//! A PostgreSQL that is thrown away: started from the system's packages in a folder of its own, for tests and for
//! trying several nodes on one machine.
//!
//! It listens on a socket in that folder and on nothing else, keeps nothing safe (`fsync` is off), and never
//! outlives whoever started it: a shell waits at the other end of a pipe, stops the server and removes the folder
//! when the pipe is closed, as it is when a process ends, however it ends. PostgreSQL refuses to run as root;
//! started by root, it runs as the user that its packages made, or as nobody.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};

/// The variable that names the folder of `initdb` and `pg_ctl` when they lie somewhere unusual.
pub const VARIABLE: &str = "POSTGRES_BIN";
/// What to do where there is none.
pub const REMEDY: &str = "install PostgreSQL 14 or newer, e.g. `sudo apt-get install postgresql`, or name the folder of its programs (initdb, pg_ctl) in POSTGRES_BIN";
/// The server's one user, who may do everything.
const USER: &str = "regarding";
/// `nobody`, on every system we know.
const NOBODY: u32 = 65534;

/// Runs the server until its standard input ends. Signals of a terminal are for whoever started it.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
fail() { cat "$FOLDER/log" >&2; rm -rf "$FOLDER"; exit 1; }
"$BIN/initdb" -D "$FOLDER/data" -U "$PGUSER" --auth=trust --no-sync -E UTF8 --locale=C >"$FOLDER/log" 2>&1 || fail
"$BIN/pg_ctl" -D "$FOLDER/data" -w -t 60 -l "$FOLDER/log" -o "$OPTIONS" start >>"$FOLDER/log" 2>&1 || fail
echo ready
cat >/dev/null
"$BIN/pg_ctl" -D "$FOLDER/data" -w -m immediate stop >/dev/null 2>&1
rm -rf "$FOLDER"
"#;

/// A server that runs for as long as this value, or the process, lives.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    keeper: Child,
}

impl Server {
    /// Starts one; takes about a second.
    pub fn start() -> Result<Self> {
        let programs = programs()?.with_context(|| format!("PostgreSQL not found: {REMEDY}"))?;
        let owner = owner()?;
        let folder = new_folder(owner)?;
        let options = [
            "-F",
            "-c listen_addresses=''",
            &format!("-c unix_socket_directories='{}'", folder.display()),
            "-c max_connections=300",
            "-c synchronous_commit=off",
            "-c full_page_writes=off",
            "-c autovacuum=off",
        ];
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT])
            .env("BIN", &programs)
            .env("FOLDER", &folder)
            .env("OPTIONS", options.join(" "))
            .env("PGUSER", USER)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        set_apart(&mut command, owner);
        let mut keeper = command.spawn().context("cannot start sh")?;
        let mut said = String::new();
        let out = keeper.stdout.take().context("the shell has an output")?;
        BufReader::new(out).read_line(&mut said).context("the shell says nothing")?;
        if said.trim() != "ready" {
            let told = keeper.wait_with_output().context("PostgreSQL does not start")?;
            bail!("PostgreSQL does not start:\n{}", String::from_utf8_lossy(&told.stderr).trim());
        }
        Ok(Self { folder, keeper })
    }

    /// Address of a database on it; `postgres` is there from the beginning.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@localhost/{database}?host={}", self.folder.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // The keeper stops the server whether we see it or not.
        let _ = self.keeper.wait();
    }
}

/// The folder of PostgreSQL's programs: the one that is named, else the newest of the system's packages, else
/// wherever `initdb` is on the path.
pub fn programs() -> Result<Option<PathBuf>> {
    let is_whole =
        |folder: &Path| ["initdb", "pg_ctl", "postgres"].iter().all(|it| folder.join(it).is_file());
    if let Some(named) = env::var_os(VARIABLE) {
        let folder = PathBuf::from(named);
        ensure!(is_whole(&folder), "{VARIABLE} names {}, which has no initdb and pg_ctl", folder.display());
        return Ok(Some(folder));
    }
    let debian = versions("/usr/lib/postgresql", "bin");
    let redhat = versions("/usr", "bin").into_iter().filter(|it| it.to_string_lossy().contains("/pgsql-"));
    let path =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    Ok(debian.into_iter().chain(redhat).chain(path).find(|folder| is_whole(folder)))
}

/// The folders `parent/VERSION/below`, the newest version first.
fn versions(parent: &str, below: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let number = |name: &str| name.rsplit('-').next().unwrap_or(name).parse::<u32>().ok();
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some((number(&entry.file_name().to_string_lossy())?, entry.path())))
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path.join(below)).collect()
}

/// User and group as which the server runs; `None`: as whoever we are.
fn owner() -> Result<Option<(u32, u32)>> {
    let id = Command::new("id").arg("-u").output().context("cannot run id")?;
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    Ok(Some(user_in(&users, "postgres").unwrap_or((NOBODY, NOBODY))))
}

fn user_in(users: &str, name: &str) -> Option<(u32, u32)> {
    let fields = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let user = fields.into_iter().find(|fields| fields.first() == Some(&name))?;
    Some((user.get(2)?.parse().ok()?, user.get(3)?.parse().ok()?))
}

/// A folder for the owner's eyes only. Its name is short: that of a socket may have some hundred characters.
fn new_folder(owner: Option<(u32, u32)>) -> Result<PathBuf> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let folder = env::temp_dir().join(format!("regarding-pg-{}-{:x}", std::process::id(), now % 0xff_ffff));
    make_private(&folder, owner).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

#[cfg(unix)]
fn make_private(folder: &Path, owner: Option<(u32, u32)>) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, chown};
    fs::DirBuilder::new().mode(0o700).create(folder)?;
    owner.map_or(Ok(()), |(user, group)| chown(folder, Some(user), Some(group)))
}

#[cfg(not(unix))]
fn make_private(folder: &Path, _: Option<(u32, u32)>) -> std::io::Result<()> {
    fs::create_dir(folder)
}

/// Runs it as the owner, and away from the terminal's signals.
#[cfg(unix)]
fn set_apart(command: &mut Command, owner: Option<(u32, u32)>) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
}

#[cfg(not(unix))]
fn set_apart(_: &mut Command, _: Option<(u32, u32)>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_of_the_packages_is_found() {
        let users =
            "root:x:0:0:root:/root:/bin/bash\npostgres:x:104:111:PostgreSQL:/var/lib/postgresql:/bin/sh\n";
        assert_eq!(user_in(users, "postgres"), Some((104, 111)));
        assert_eq!(user_in(users, "nobody"), None);
    }
}

//! The chromedriver of one browser: a process on a port that is free.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long the browser may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(5);

/// A running chromedriver. Dropped, it ends its browser and then itself.
#[derive(Debug)]
pub(super) struct Driver {
    process: Child,
    port: u16,
    /// The session that has to be ended.
    pub(super) session: Option<String>,
}

impl Driver {
    pub(super) fn start() -> Self {
        let program = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let started = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut process = started.unwrap_or_else(|error| {
            panic!("{program} does not start ({error}). `cargo xtask test` installs what is missing.")
        });
        let said = BufReader::new(process.stdout.take().expect("its output is piped"));
        let port = said.lines().map_while(Result::ok).find_map(|line| port_in(&line));
        let port = port.unwrap_or_else(|| panic!("{program} named no port"));
        Self { process, port, session: None }
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends the session, and with it the browser, which would outlive a killed chromedriver.
    fn end_session(&self) -> std::io::Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        let mut connection = TcpStream::connect(("127.0.0.1", self.port))?;
        connection.set_read_timeout(Some(FAREWELL))?;
        write!(
            connection,
            "DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )?;
        connection.read(&mut [0; 1]).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Also while a test panics: there is nobody left to tell of errors.
        let _ = self.end_session();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port in `ChromeDriver was started successfully on port 40123.`
fn port_in(line: &str) -> Option<u16> {
    line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn chromedriver_names_its_port() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 40123."), Some(40123));
        assert_eq!(port_in("Only local connections are allowed."), None);
    }
}

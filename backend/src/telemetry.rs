//! Structured logs.
//!
//! A log line holds ids, codes, numbers and times. Mail text, subjects, names, addresses, search terms, tokens
//! and secrets never stand in one: what could hold them prints itself shortened ([`Hidden`], and the `Debug` of
//! requests, bodies and callers), and a panic's words are kept back unless they stand in our own source.

use std::fmt;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// What is logged unless the environment's `REGARDING_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info,hyper=warn,h2=warn,rustls=warn,sqlx=warn";
/// The environment's variable with a filter such as `debug` or `info,backend::entra=debug`.
pub const FILTER_VARIABLE: &str = "REGARDING_LOG";

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object on each line, for machines.
    Json,
    /// For people.
    Pretty,
}

/// Starts logging to the standard error stream; a second call changes nothing.
pub fn start(format: Format) {
    let filter = EnvFilter::try_from_env(FILTER_VARIABLE).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // An error means that a subscriber is there already, e.g. that of a test.
    let _ = match format {
        Format::Json => builder.json().flatten_event(true).with_current_span(true).try_init(),
        Format::Pretty => builder.with_target(false).compact().try_init(),
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // Only a literal of our source can be told; a formatted text may hold anybody's mail.
        let words = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("words kept back");
        tracing::error!(place, words, "panic");
    }));
}

/// A value that must not be read in a log: prints how long it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hidden<T>(pub T);

impl<T: AsRef<str>> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} characters]", self.0.as_ref().chars().count())
    }
}

impl<T: AsRef<str>> fmt::Display for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_value_shows_only_its_length() {
        assert_eq!(
            format!("{} {:?}", Hidden("Müller"), Hidden(String::new())),
            "[6 characters] [0 characters]"
        );
    }
}

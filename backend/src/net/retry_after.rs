//! How long the other side asks us to wait.

use http::HeaderMap;
use http::header::RETRY_AFTER;
use shared::UtcMs;

/// Milliseconds to wait as `Retry-After` says: seconds, also with a fraction as Dataverse writes them
/// (`2.128`), or an HTTP date (RFC 9110 section 10.2.3). `None` where there is no such header or nobody can
/// make sense of it. A date that has passed is 0; there is no upper bound here.
pub fn retry_after_ms(headers: &HeaderMap, now: UtcMs) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    of_seconds(text).or_else(|| of_date(text, now))
}

fn of_seconds(text: &str) -> Option<u64> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.')
        && text.len() <= 40;
    let seconds: f64 = is_number.then(|| text.parse().ok()).flatten()?;
    // Rounded up, so that nobody comes back a millisecond early; `as` stops at the largest number.
    Some((seconds * 1000.0).ceil() as u64)
}

fn of_date(text: &str, now: UtcMs) -> Option<u64> {
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(u64::try_from(UtcMs(date.as_millisecond()).since_ms(now)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// 2026-11-20 08:00:00 UTC, a Friday.
    const NOW: UtcMs = UtcMs(1_795_161_600_000);

    fn parsed(text: &str) -> Option<u64> {
        let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
        retry_after_ms(&HeaderMap::from_iter([(RETRY_AFTER, value)]), NOW)
    }

    #[test]
    fn seconds_fractions_and_dates_are_understood() {
        for (text, ms) in [
            ("0", 0),
            ("5", 5_000),
            (" 120 ", 120_000),
            ("2.128", 2_128),
            ("0.0004", 1),
            ("Fri, 20 Nov 2026 08:00:30 GMT", 30_000),
            ("Fri, 20 Nov 2026 07:59:00 GMT", 0),
        ] {
            assert_eq!(parsed(text), Some(ms), "{text}");
        }
    }

    #[test]
    fn huge_waits_stay_huge_and_never_wrap() {
        assert_eq!(parsed("86400000000"), Some(86_400_000_000_000));
        assert_eq!(parsed("99999999999999999999999999"), Some(u64::MAX));
    }

    #[test]
    fn garbage_is_no_wait() {
        for text in
            ["", "soon", "-5", "1.2.3", "NaN", "inf", "+3", "1e3", "10 s", "Fri, 99 Nov 2026", "\u{e9}"]
        {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert_eq!(retry_after_ms(&HeaderMap::new(), NOW), None);
    }
}

//! How often a mailbox is looked through.

use shared::UtcMs;
use shared::decision::RuleId;
use shared::rules::rhythm::{Activity, interval_ms};

const MINUTE: i64 = 60_000;
const NOW: UtcMs = UtcMs(100_000 * MINUTE);

fn busy(changes: u32) -> (i64, RuleId) {
    let said = interval_ms(Activity { changes, last_change: Some(NOW) }, NOW);
    (said.answer, said.rule)
}

fn quiet_for(minutes: i64) -> i64 {
    let last_change = Some(UtcMs(NOW.0 - minutes * MINUTE));
    let said = interval_ms(Activity { changes: 0, last_change }, NOW);
    assert_eq!(said.rule, RuleId::Frq03);
    said.answer
}

#[test]
fn frq_01_a_mailbox_is_normally_synchronized_every_five_minutes() {
    assert_eq!(busy(1), (5 * MINUTE - 6_000, RuleId::Frq01));
    assert_eq!(quiet_for(60), 5 * MINUTE);
}

#[test]
fn frq_02_with_much_mail_the_interval_falls_to_two_minutes() {
    assert_eq!(busy(10), (4 * MINUTE, RuleId::Frq01));
    assert_eq!(busy(29), (2 * MINUTE + 6_000, RuleId::Frq01));
    for much in [30, 31, u32::MAX] {
        assert_eq!(busy(much), (2 * MINUTE, RuleId::Frq02));
    }
    let said = interval_ms(Activity { changes: 31, last_change: Some(NOW) }, NOW);
    assert_eq!((&*said.facts[0].name, &*said.facts[0].value), ("changes", "31"));
}

#[test]
fn frq_03_with_little_activity_it_grows_to_twelve_minutes() {
    for (minutes, interval_s) in
        [(0, 300), (59, 300), (60, 300), (61, 307), (90, 510), (119, 713), (120, 720)]
    {
        assert_eq!(quiet_for(minutes), interval_s * 1_000, "{minutes}");
    }
    assert_eq!(quiet_for(99_999), 12 * MINUTE);
    // Where nothing was ever seen, it is quiet; a clock that was set back makes nobody wait.
    assert_eq!(interval_ms(Activity::default(), NOW).answer, 12 * MINUTE);
    assert_eq!(quiet_for(-600), 5 * MINUTE);
}

#[test]
fn frq_03_whatever_happened_the_interval_is_between_two_and_twelve_minutes() {
    for now in [i64::MIN, -1, 0, NOW.0, i64::MAX] {
        for last in [None, Some(i64::MIN), Some(0), Some(NOW.0), Some(i64::MAX)] {
            for changes in [0, 1, 15, 30, u32::MAX] {
                let activity = Activity { changes, last_change: last.map(UtcMs) };
                let interval = interval_ms(activity, UtcMs(now)).answer;
                assert!((2 * MINUTE..=12 * MINUTE).contains(&interval), "{activity:?} {now}");
            }
        }
    }
}

#[test]
fn frq_02_more_mail_never_makes_it_wait_longer() {
    let intervals: Vec<i64> = (1..40).map(|changes| busy(changes).0).collect();
    assert!(intervals.is_sorted_by(|a, b| a >= b));
    let quiet: Vec<i64> = (0..200).map(quiet_for).collect();
    assert!(quiet.is_sorted());
}

//! What users are told of their own mailbox.

use shared::UtcMs;
use shared::api::admin::MailboxState;
use shared::decision::{Decision, RuleId};
use shared::problem::{Code, Problem};
use shared::rules::folders::Owner;
use shared::rules::standing::{Standing, lines, may_see, without_subject};
use shared::rules::{Language, rhythm};

#[test]
fn mbx_04_users_see_their_own_mailbox_and_no_other() {
    let own = may_see(Owner::Oneself);
    assert_eq!((own.answer, own.rule), (Ok(()), RuleId::Mbx04));
    let others = may_see(Owner::SomebodyElse);
    assert_eq!(others.rule, RuleId::Mbx04);
    assert_eq!(others.answer.map_err(|problem| problem.code), Err(Code::BadRequest));
}

#[test]
fn mbx_04_every_state_is_told_first_with_its_rule_in_both_languages() {
    let states = MailboxState::ALL.into_iter().map(Some).chain([None]);
    for state in states {
        let rule = match state {
            Some(MailboxState::On | MailboxState::Off) => RuleId::Cfg02,
            Some(MailboxState::Stopped) => RuleId::Mbx03,
            Some(MailboxState::Pending | MailboxState::Rejected) | None => RuleId::Cfg01,
        };
        let standing = Standing { state, ..Standing::default() };
        let told = Language::ALL.map(|language| lines(&standing, language)[0].clone());
        assert!(told.iter().all(|line| line.rule == Some(rule) && line.at.is_none()), "{told:?}");
        assert_ne!(told[0].text, told[1].text);
        let works = told[0].text.contains("works all the same");
        assert_eq!(works, !matches!(state, Some(MailboxState::On | MailboxState::Stopped)), "{state:?}");
    }
}

#[test]
fn mbx_04_problem_cycles_interval_and_counts_follow_in_this_order() {
    let interval: Decision<i64> = rhythm::interval_ms(rhythm::Activity::default(), UtcMs(0));
    let standing = Standing {
        state: Some(MailboxState::On),
        problem: Some(Problem::new(Code::ExchangeDown)),
        last: Some(UtcMs(1)),
        next: Some(UtcMs(2)),
        interval: Some(interval.reason()),
        done: 7,
        failed: 3,
    };
    for language in Language::ALL {
        let told = lines(&standing, language);
        let rules: Vec<_> = told.iter().map(|line| line.rule).collect();
        let (state, problem, why) = (Some(RuleId::Cfg02), Some(RuleId::Mbx03), Some(RuleId::Frq03));
        assert_eq!(rules, [state, problem, None, None, why, None]);
        let times: Vec<_> = told.iter().map(|line| line.at).collect();
        assert_eq!(times, [None, None, Some(UtcMs(1)), Some(UtcMs(2)), None, None]);
        assert!(told[5].text.contains('7') && told[5].text.contains('3'), "{}", told[5].text);
        assert!(told.iter().all(|line| !line.text.contains(['{', '}'])), "{told:?}");
    }
}

#[test]
fn mbx_04_an_email_without_a_subject_says_why_it_has_none() {
    let told = Language::ALL.map(|language| {
        [Ok(()), Err(Code::MessageGone), Err(Code::ExchangeDown)]
            .map(|message| without_subject(&message, language))
    });
    let mut all: Vec<_> = told.concat();
    all.dedup();
    assert_eq!(all.len(), 6, "{all:?}");
}

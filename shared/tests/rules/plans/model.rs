//! How each wish ends, written from the catalogue alone: the first sentence that fits.

use super::*;
use shared::decision::RuleId;
use shared::regarding::RecordKey;

/// All that is left of a wish when it ends.
#[derive(Debug, PartialEq)]
pub struct End {
    pub categories: Vec<String>,
    /// The CRM's emails, and what they are regarding.
    pub emails: Vec<(CrmEmailId, Option<RecordKey>)>,
    /// Whether the category was added to the master list.
    pub created: bool,
    pub link: Option<Link>,
    pub refused: Option<Code>,
    pub rule: RuleId,
}

/// What was reached.
pub fn seen(after: &Situation, end: &Settlement) -> End {
    let created =
        |standing: &Standing| matches!(standing, Standing::InMasterList(id) if id.0.starts_with("new:"));
    End {
        categories: categories(after),
        emails: emails(after),
        created: matches!(&after.exchange, ExchangeSeen::Present { category, .. } if created(&category.standing)),
        link: end.link,
        refused: match &end.outcome {
            Outcome::Fulfilled => None,
            Outcome::Refused(problem) => Some(problem.code),
        },
        rule: end.reason.rule,
    }
}

fn emails(s: &Situation) -> Vec<(CrmEmailId, Option<RecordKey>)> {
    s.crm.emails.iter().map(|e| (e.id, e.regarding.as_ref().map(|r| r.key.clone()))).collect()
}

/// What is to be reached, if nothing but what the situation says is refused.
pub fn end(s: &Situation) -> End {
    let unchanged = |refused, rule| End {
        categories: categories(s),
        emails: emails(s),
        created: false,
        link: s.link,
        refused,
        rule,
    };
    let open = open(s);
    let put_on_again = open.origin == Origin::Category
        && s.link.is_none()
        && match &s.exchange {
            ExchangeSeen::Present { category, .. } => {
                bears(s, &[&category.name, TRACKED])
                    || (open.given_up.is_some() && bears(s, &[UNDELIVERABLE]))
            }
            ExchangeSeen::Gone => false,
        };
    // CAT-10: the category counts as it stands now.
    let tracks = matches!(open.wish, Wish::Track { .. }) || put_on_again;
    let ExchangeSeen::Present { message, category } = &s.exchange else {
        // DEL-01: without its message nothing can be tracked; untracked it is as soon as it is wished.
        return match (&open.wish, &open.given_up) {
            (Wish::Track { .. }, Some(problem)) => unchanged(Some(problem.code), RuleId::Ret03),
            (Wish::Track { .. }, None) => unchanged(Some(Code::MessageGone), RuleId::Del01),
            (Wish::Untrack { .. }, _) => untracked(s, unchanged),
        };
    };
    let on = bears(s, &[&category.name, TRACKED]);
    let marked = bears(s, &[UNDELIVERABLE]);
    if open.origin == Origin::Category {
        if s.settings.track_categorized == Switch::Off {
            return unchanged(None, RuleId::Cat21);
        }
        let by_us = open.given_up.is_some() || open.category_is_ours == Ours::TakenOff;
        if on != tracks && !(tracks && marked && by_us) {
            return unchanged(None, RuleId::Cat10);
        }
    }
    // A copy follows a record; where none was to be found for long enough, it follows nothing.
    let follows_none = open.origin == Origin::Copy && record(s).is_none();
    // CAT-02: unless somebody put the category on it meanwhile, which is a wish of its own.
    let by_hand = open.given_up.is_none()
        && on
        && open.category_is_ours == Ours::No
        && s.settings.track_categorized == Switch::On;
    let follows_nothing = follows_none && !by_hand;
    if follows_nothing && s.refusals.crm.is_none() && open.given_up.is_some() {
        return unchanged(None, RuleId::Del02);
    }
    if !tracks {
        return untracked(s, unchanged);
    }
    if let Some(problem) = &open.given_up {
        let mut end = unchanged(Some(problem.code), RuleId::Ret03);
        if s.link.is_none() && s.refusals.categories.is_none() {
            end.categories = without(s, &[&category.name, TRACKED]);
            if !marked {
                end.categories.push(UNDELIVERABLE.to_owned());
            }
        }
        return end;
    }
    if message.draft == Draft::Draft || message.internet_message_id.is_none() {
        return unchanged(Some(Code::MessageIsDraft), RuleId::Cat22);
    }
    let refused = match (&s.refusals.crm, &s.crm.target, open.origin) {
        (Some(_), ..) => Some((Code::PrivilegeMissing, RuleId::Frq06)),
        (None, Some(TargetSeen::Gone), Origin::Pane) => Some((Code::RegardingGone, RuleId::Frq06)),
        (None, Some(TargetSeen::Present { activities: Activities::NotAllowed, .. }), Origin::Pane) => {
            Some((Code::WithoutActivities, RuleId::App04))
        }
        _ => None,
    };
    if let Some((code, rule)) = refused {
        // What was put on for the wish comes off again; what stood there before stays.
        let mut end = unchanged(Some(code), rule);
        let ours = open.category_is_ours == Ours::Yes && open.origin != Origin::Category;
        if ours && s.link.is_none() && s.refusals.categories.is_none() {
            end.categories = without(s, &[&category.name, TRACKED]);
        }
        return end;
    }
    if follows_nothing {
        let mut end = unchanged(Some(Code::RecordGone), RuleId::Del02);
        if open.category_is_ours == Ours::Yes && s.link.is_none() && s.refusals.categories.is_none() {
            end.categories = without(s, &[&category.name, TRACKED]);
        }
        return end;
    }
    tracked(s, unchanged)
}

fn tracked(s: &Situation, unchanged: impl Fn(Option<Code>, RuleId) -> End) -> End {
    let ExchangeSeen::Present { category, .. } = &s.exchange else { panic!("the message is there") };
    let open = open(s);
    let counts = s.settings.track_categorized == Switch::On;
    let may_write = s.refusals.categories.is_none();
    let on = bears(s, &[&category.name, TRACKED]);
    let mut end = unchanged(
        None,
        match open.origin {
            Origin::Pane => RuleId::Cat22,
            Origin::Category => RuleId::Cat02,
            Origin::Folder if s.link.is_some() => RuleId::Fld02,
            Origin::Folder => RuleId::Fld01,
            Origin::Reply { .. } => RuleId::Inc03,
            Origin::Filter => RuleId::Inc01,
            Origin::Copy => RuleId::Cat15,
            Origin::Administrator => RuleId::Ret05,
        },
    );
    let there = record(s);
    let id = there.unwrap_or_else(|| own_id(&s.settings, Direction::Incoming));
    if there.is_none() {
        end.emails.push((id, None));
    }
    let wanted = match &open.wish {
        // INC-03: what is in the CRM already keeps what somebody gave it.
        _ if matches!(open.origin, Origin::Reply { .. }) && there.is_some() => None,
        Wish::Track { regarding: RegardingWish::Clear } => Some(None),
        Wish::Track { regarding: RegardingWish::Set(record) } if is_admitted(s) => {
            Some(Some(record.key.clone()))
        }
        _ => None,
    };
    if let (Some(wanted), Some(email)) = (wanted, end.emails.iter_mut().find(|(e, _)| *e == id)) {
        email.1 = wanted;
    }
    if counts && may_write {
        end.created = category.standing == Standing::Missing && s.refusals.master_category.is_none();
        if !on {
            end.categories.push(category.name.clone());
        }
    }
    if may_write {
        end.categories.retain(|c| c != UNDELIVERABLE);
    }
    let agreed = match (counts, on || may_write) {
        (true, true) => LinkCategory::Agreed,
        (true, false) => {
            end.refused = Some(Code::CategoryRefused);
            LinkCategory::Refused
        }
        (false, _) if on => LinkCategory::Agreed,
        (false, _) => LinkCategory::Off,
    };
    end.link = Some(Link { email: id, category: agreed });
    end
}

fn untracked(s: &Situation, unchanged: impl Fn(Option<Code>, RuleId) -> End) -> End {
    if s.refusals.crm.is_some() {
        return unchanged(Some(Code::PrivilegeMissing), RuleId::Frq06);
    }
    let open = open(s);
    let mut end =
        unchanged(None, if open.origin == Origin::Category { RuleId::Cat06 } else { RuleId::Cat23 });
    if open.origin == Origin::Pane && open.wish == untrack(RecordFate::Delete) {
        end.emails.retain(|(id, _)| s.link.is_none_or(|link| link.email != *id));
    }
    if let ExchangeSeen::Present { category, .. } = &s.exchange
        && bears(s, &[&category.name, TRACKED])
    {
        if s.refusals.categories.is_some() {
            return End { refused: Some(Code::CategoryRefused), rule: RuleId::Ret06, ..end };
        }
        end.categories = without(s, &[&category.name, TRACKED]);
    }
    end.link = None;
    end
}

/// Whether the chosen record can be what the email is regarding.
fn is_admitted(s: &Situation) -> bool {
    matches!(s.crm.target, Some(TargetSeen::Present { activities: Activities::Allowed, .. }))
}

/// The record that the message is, or will be taken for: the linked one, else the one of INC-06.
fn record(s: &Situation) -> Option<CrmEmailId> {
    let linked = s.crm.emails.iter().map(|e| e.id).find(|id| s.link.is_some_and(|link| link.email == *id));
    let ExchangeSeen::Present { message, .. } = &s.exchange else { return linked };
    if message.internet_message_id.is_none() {
        return linked;
    }
    let own = own_id(&s.settings, Direction::Incoming);
    let fits =
        |e: &&CrmEmail| s.settings.two_activities == TwoActivities::Off || e.direction == Direction::Incoming;
    let same = || s.crm.emails.iter().filter(fits).map(|e| e.id);
    linked.or_else(|| same().find(|id| *id == own)).or_else(|| same().min())
}

fn bears(s: &Situation, names: &[&str]) -> bool {
    without(s, names).len() < categories(s).len()
}

fn without(s: &Situation, names: &[&str]) -> Vec<String> {
    let is = |c: &String| names.iter().any(|name| c.to_lowercase() == name.to_lowercase());
    categories(s).into_iter().filter(|c| !is(c)).collect()
}

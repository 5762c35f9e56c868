//! What a row of a delta page says, one sentence after the other.

use crate::situations::*;
use shared::UtcMs;
use shared::category::{TRACKED, UNDELIVERABLE};
use shared::decision::{Decision, RuleId};
use shared::email::{Direction, Draft, Message};
use shared::item::FolderId;
use shared::mailbox::FolderMapping;
use shared::plan::{Link, LinkCategory, Situation};
use shared::rules::accepting::{Filtering, filtering};
use shared::rules::noticing::{Arrival, Conversation, Noticed, Stored, Surroundings, notice};
use shared::rules::timing::{Trigger, due};
use shared::rules::tracking::TrackingCategory;
use shared::settings::{Settings, Switch};
use shared::status::Goal;
use shared::wish::{Origin, RecordFate, RegardingWish, Wish};

mod table;

/// A message, what is stored about it, and what is around it.
struct Scene {
    message: Message,
    stored: Stored,
    settings: Settings,
    category: TrackingCategory,
    mapping: Option<FolderMapping>,
    arrival: Arrival,
    conversation: Conversation,
}

/// A message that lies in the inbox for long, with these categories, of which nothing is stored.
fn scene(categories: &[&str]) -> Scene {
    let mut message = message(categories);
    message.folder = Some(folder("inbox"));
    Scene {
        message,
        stored: Stored::default(),
        settings: Settings::default(),
        category: in_list(),
        mapping: None,
        arrival: Arrival::Old,
        conversation: Conversation::Followed,
    }
}

fn folder(name: &str) -> FolderId {
    FolderId(name.into())
}

fn mapped() -> FolderMapping {
    FolderMapping { regarding: Some(account()) }
}

fn link(category: LinkCategory) -> Link {
    Link { email: own_id(&Settings::default(), Direction::Incoming), category }
}

impl Scene {
    fn notice(&self) -> Decision<Noticed> {
        let around = Surroundings {
            settings: &self.settings,
            category: &self.category,
            mapping: self.mapping.as_ref(),
            arrival: self.arrival,
            conversation: self.conversation,
        };
        notice(&self.message, &self.stored, around)
    }

    fn with(mut self, change: impl FnOnce(&mut Scene)) -> Scene {
        change(&mut self);
        self
    }

    /// Tracked where it lies.
    fn tracked_as(self, category: LinkCategory) -> Scene {
        self.with(|s| (s.stored.link, s.stored.folder) = (Some(link(category)), s.message.folder.clone()))
    }

    /// Mail that has just come.
    fn new_mail(self) -> Scene {
        self.with(|s| s.arrival = Arrival::New)
    }

    /// Moved to a folder that is mapped.
    fn moved_to_a_mapped_folder(self) -> Scene {
        self.with(|s| (s.message.folder, s.mapping) = (Some(folder("fjordline")), Some(mapped())))
    }

    /// What is seen and stored once the wish was carried out, as the next page shows it.
    fn carried_out(&self, wish: &Wish, origin: Origin) -> Scene {
        let mut s: Situation = wishing_by(origin, untouched(&[]), wish.clone());
        s.settings = self.settings.clone();
        s.link = self.stored.link;
        amend(&mut s, |message, category| {
            *message = self.message.clone();
            *category = self.category.clone();
        });
        if origin == Origin::Copy || s.link.is_some() {
            let email = s.link.map_or_else(|| own_id(&s.settings, self.message.direction), |l| l.email);
            s.crm.emails.push(crm_email(email, self.message.direction));
        }
        let (after, end) = carried_out(&s);
        let stored = Stored {
            link: end.link,
            untracked: end.link.is_none() && matches!(wish, Wish::Untrack { .. }),
            // With the link goes the knowledge of where it lay.
            folder: end.link.and(self.message.folder.clone()),
            open: None,
            expected: self.stored.expected,
        };
        let message = Message { categories: categories(&after), ..self.message.clone() };
        Scene {
            message,
            stored,
            settings: self.settings.clone(),
            category: self.category.clone(),
            mapping: self.mapping.clone(),
            ..*self
        }
    }
}

fn tracked_by(origin: Origin, regarding: RegardingWish) -> Noticed {
    Noticed::Wish(Wish::Track { regarding }, origin)
}

fn untracked_by_category() -> Noticed {
    Noticed::Wish(untrack(RecordFate::Keep), Origin::Category)
}

#[track_caller]
fn says(scene: &Scene, answer: Noticed, rule: RuleId) {
    let decision = scene.notice();
    assert_eq!((decision.answer, decision.rule), (answer, rule));
}

#[test]
fn cat_02_the_category_on_an_email_marks_it_for_tracking() {
    let row = scene(&["Family", TRACKED]);
    says(&row, tracked_by(Origin::Category, RegardingWish::Keep), RuleId::Cat02);
    assert_eq!(row.notice().facts[0].value, TRACKED);
}

#[test]
fn cat_02_a_message_that_was_not_sent_yet_is_not_tracked() {
    let draft = scene(&[TRACKED]).with(|s| s.message.draft = Draft::Draft);
    says(&draft, Noticed::Nothing, RuleId::Cat24);
    let without_id = scene(&[TRACKED]).with(|s| s.message.internet_message_id = None);
    says(&without_id, Noticed::Nothing, RuleId::Cat24);
}

#[test]
fn cat_06_taken_off_a_tracked_email_the_category_untracks_it_and_the_record_stays() {
    says(&scene(&[]).tracked_as(LinkCategory::Agreed), untracked_by_category(), RuleId::Cat06);
}

#[test]
fn cat_09_on_several_emails_it_tracks_each_of_them() {
    let rows = ["a", "b", "c"].map(|id| scene(&[TRACKED]).with(|s| s.message.id.0 = id.into()));
    assert!(rows.iter().all(|r| r.notice().answer == tracked_by(Origin::Category, RegardingWish::Keep)));
}

#[test]
fn cat_10_it_does_not_matter_when_the_mail_came_or_what_was_decided_about_it_before() {
    for change in [
        (|s| s.stored.untracked = true) as fn(&mut Scene),
        |s| s.arrival = Arrival::New,
        |s| s.conversation = Conversation::Stopped,
        |s| s.message.direction = Direction::Outgoing,
        |s| s.stored.open = Some((Origin::Category, Goal::Untrack)),
    ] {
        let row = scene(&[TRACKED]).with(change);
        says(&row, tracked_by(Origin::Category, RegardingWish::Keep), RuleId::Cat02);
    }
}

#[test]
fn cat_10_what_is_under_way_already_is_not_wished_again() {
    for origin in other_doors() {
        let tracking = scene(&[TRACKED]).with(|s| s.stored.open = Some((origin, Goal::Track)));
        assert_eq!(tracking.notice().answer, Noticed::Nothing);
        let untracking = scene(&[]).tracked_as(LinkCategory::Agreed);
        let untracking = untracking.with(|s| s.stored.open = Some((origin, Goal::Untrack)));
        assert_eq!(untracking.notice().answer, Noticed::Nothing);
    }
}

#[test]
fn cat_10_what_people_did_last_counts_while_something_else_is_under_way() {
    let taken_off = scene(&[]).tracked_as(LinkCategory::Agreed);
    let taken_off = taken_off.with(|s| s.stored.open = Some((Origin::Folder, Goal::Track)));
    says(&taken_off, untracked_by_category(), RuleId::Cat06);
}

#[test]
fn cat_13_a_renamed_category_tracks_and_untracks_under_its_new_name_and_the_old_one_still_counts() {
    let renamed = |row: Scene| row.with(|s| s.category.name = "CRM".into());
    for name in ["crm", TRACKED] {
        let on = renamed(scene(&[name]));
        says(&on, tracked_by(Origin::Category, RegardingWish::Keep), RuleId::Cat02);
        let kept = renamed(scene(&[name]).tracked_as(LinkCategory::Agreed));
        says(&kept, Noticed::Nothing, RuleId::Cat24);
    }
    says(
        &renamed(scene(&["Family"]).tracked_as(LinkCategory::Agreed)),
        untracked_by_category(),
        RuleId::Cat06,
    );
}

#[test]
fn cat_15_a_copy_of_what_another_recipient_tracks_is_categorized() {
    let copy = scene(&[]).with(|s| s.stored.expected = true);
    says(&copy, tracked_by(Origin::Copy, RegardingWish::Keep), RuleId::Cat15);
    let off = scene(&[]).with(|s| {
        s.stored.expected = true;
        s.settings.track_categorized = Switch::Off;
    });
    says(&off, Noticed::Nothing, RuleId::Mbx02);
}

#[test]
fn cat_15_a_copy_that_was_taken_out_of_tracking_does_not_follow() {
    let copy = scene(&[]).with(|s| (s.stored.expected, s.stored.untracked) = (true, true));
    says(&copy, Noticed::Nothing, RuleId::Cat24);
}

#[test]
fn cat_17_turning_category_tracking_on_does_not_go_back_to_what_was_tracked_before() {
    says(&scene(&[]).tracked_as(LinkCategory::Off), Noticed::Nothing, RuleId::Cat17);
    let put_on = scene(&[TRACKED]).tracked_as(LinkCategory::Off);
    says(&put_on, tracked_by(Origin::Category, RegardingWish::Keep), RuleId::Cat02);
}

#[test]
fn cat_21_turned_off_neither_putting_it_on_nor_taking_it_off_says_anything() {
    let off = |row: Scene| row.with(|s| s.settings.track_categorized = Switch::Off);
    says(&off(scene(&[TRACKED])), Noticed::Nothing, RuleId::Cat21);
    says(&off(scene(&[]).tracked_as(LinkCategory::Agreed)), Noticed::Nothing, RuleId::Cat21);
}

#[test]
fn cat_21_turned_off_the_category_keeps_no_mail_from_folders_and_filters() {
    let off = |row: Scene| row.with(|s| s.settings.track_categorized = Switch::Off);
    says(&off(scene(&[TRACKED]).new_mail()), Noticed::Screen, RuleId::Inc01);
    let moved = off(scene(&[TRACKED]).moved_to_a_mapped_folder());
    says(&moved, tracked_by(Origin::Folder, RegardingWish::Set(account())), RuleId::Fld01);
}

#[test]
fn cat_24_a_category_that_exchange_refused_was_taken_off_by_nobody() {
    says(&scene(&[]).tracked_as(LinkCategory::Refused), Noticed::Nothing, RuleId::Cat24);
    let put_on = scene(&[TRACKED]).tracked_as(LinkCategory::Refused);
    says(&put_on, tracked_by(Origin::Category, RegardingWish::Keep), RuleId::Cat02);
}

#[test]
fn fld_01_mail_in_a_mapped_folder_is_tracked_with_the_folders_record() {
    let moved = scene(&[]).moved_to_a_mapped_folder();
    says(&moved, tracked_by(Origin::Folder, RegardingWish::Set(account())), RuleId::Fld01);
    let without = scene(&[]).with(|s| s.mapping = Some(FolderMapping { regarding: None }));
    says(&without, tracked_by(Origin::Folder, RegardingWish::Keep), RuleId::Fld01);
}

#[test]
fn fld_01_mail_that_bears_the_category_takes_the_folders_record_along() {
    let moved = scene(&[TRACKED]).moved_to_a_mapped_folder();
    says(&moved, tracked_by(Origin::Category, RegardingWish::Set(account())), RuleId::Cat02);
}

#[test]
fn cat_06_a_category_taken_off_while_its_tracking_is_under_way_untracks() {
    let under_way = |on: &[&str]| scene(on).with(|s| s.stored.open = Some((Origin::Category, Goal::Track)));
    says(&under_way(&[]), untracked_by_category(), RuleId::Cat06);
    // Given up, it was us who took it off.
    says(&under_way(&[UNDELIVERABLE]), Noticed::Nothing, RuleId::Ret03);
}

#[test]
fn fld_01_mail_that_is_moved_while_it_waits_to_be_tracked_takes_the_folders_record() {
    for origin in other_doors() {
        for on in [&[][..], &[TRACKED]] {
            let row = scene(on).moved_to_a_mapped_folder();
            let row = row.with(|s| s.stored.open = Some((origin, Goal::Track)));
            let expected = match origin {
                Origin::Folder => Noticed::Nothing,
                // Taken off again, it is not the folder that counts.
                Origin::Category if on.is_empty() => untracked_by_category(),
                _ => tracked_by(Origin::Folder, RegardingWish::Set(account())),
            };
            assert_eq!(row.notice().answer, expected);
        }
    }
}

#[test]
fn fld_01_mail_that_is_moved_while_it_waits_to_be_untracked_is_tracked() {
    for link in [None, Some(link(LinkCategory::Agreed))] {
        let waits = scene(&[]).with(|s| {
            s.stored.link = link;
            s.stored.folder = s.message.folder.clone();
            s.stored.open = Some((Origin::Category, Goal::Untrack));
        });
        let moved = tracked_by(Origin::Folder, RegardingWish::Set(account()));
        says(&waits.moved_to_a_mapped_folder(), moved, RuleId::Fld01);
        let stays = scene(&[]).with(|s| {
            (s.stored.link, s.stored.folder) = (link, s.message.folder.clone());
            (s.stored.open, s.mapping) = (Some((Origin::Category, Goal::Untrack)), Some(mapped()));
        });
        assert_eq!(stays.notice().answer, Noticed::Nothing, "untracked in the mapped folder itself");
    }
}

#[test]
fn fld_01_mail_taken_out_of_tracking_in_a_mapped_folder_stays_out_until_it_is_moved() {
    let row = scene(&[]).with(|s| (s.mapping, s.stored.untracked) = (Some(mapped()), true));
    says(&row, Noticed::Nothing, RuleId::Cat24);
    let row = row.with(|s| s.stored.folder = Some(folder("inbox")));
    says(&row, Noticed::Nothing, RuleId::Cat24);
    says(
        &row.moved_to_a_mapped_folder(),
        tracked_by(Origin::Folder, RegardingWish::Set(account())),
        RuleId::Fld01,
    );
}

#[test]
fn fld_02_moved_to_another_mapped_folder_it_takes_that_ones_record() {
    for category in [LinkCategory::Agreed, LinkCategory::Refused, LinkCategory::Off] {
        let on: &[&str] = if category == LinkCategory::Agreed { &[TRACKED] } else { &[] };
        let moved = scene(on).tracked_as(category).moved_to_a_mapped_folder();
        says(&moved, tracked_by(Origin::Folder, RegardingWish::Set(account())), RuleId::Fld02);
    }
}

#[test]
fn fld_02_a_record_set_by_hand_later_is_kept() {
    let stays = scene(&[TRACKED]).with(|s| s.mapping = Some(mapped())).tracked_as(LinkCategory::Agreed);
    says(&stays, Noticed::Nothing, RuleId::Cat24);
    // Nor does the category overrule it that could not be put on before.
    let put_on = scene(&[TRACKED]).with(|s| s.mapping = Some(mapped())).tracked_as(LinkCategory::Refused);
    says(&put_on, tracked_by(Origin::Category, RegardingWish::Keep), RuleId::Cat02);
}

#[test]
fn fld_02_where_it_lay_before_is_unknown_nobody_moved_it() {
    let unknown = scene(&[TRACKED]).tracked_as(LinkCategory::Agreed).moved_to_a_mapped_folder();
    says(&unknown.with(|s| s.stored.folder = None), Noticed::Nothing, RuleId::Cat24);
    let unknown = scene(&[TRACKED]).tracked_as(LinkCategory::Agreed).moved_to_a_mapped_folder();
    says(&unknown.with(|s| s.message.folder = None), Noticed::Nothing, RuleId::Cat24);
}

#[test]
fn fld_03_moved_out_or_no_more_mapped_it_stays_tracked() {
    let moved_out = scene(&[TRACKED]).tracked_as(LinkCategory::Agreed);
    says(&moved_out.with(|s| s.message.folder = Some(folder("archive"))), Noticed::Nothing, RuleId::Cat24);
}

#[test]
fn frq_04_what_was_clicked_is_served_by_the_click_alone() {
    for goal in [Goal::Track, Goal::Untrack] {
        for row in [
            scene(&[TRACKED]),
            scene(&[]).tracked_as(LinkCategory::Agreed),
            scene(&[]).moved_to_a_mapped_folder(),
        ] {
            let row = row.with(|s| s.stored.open = Some((Origin::Pane, goal)));
            says(&row, Noticed::Nothing, RuleId::Frq04);
        }
    }
}

#[test]
fn inc_01_mail_that_has_just_come_and_that_nobody_touched_is_screened() {
    says(&scene(&["Family"]).new_mail(), Noticed::Screen, RuleId::Inc01);
}

#[test]
fn inc_02_tracking_by_hand_is_not_asked_about_by_the_filter() {
    for by_hand in [scene(&[TRACKED]).new_mail(), scene(&[]).new_mail().moved_to_a_mapped_folder()] {
        let Noticed::Wish(_, origin) = by_hand.notice().answer else { panic!("a person wishes it") };
        let decision = filtering(origin);
        assert_eq!((decision.answer, decision.rule), (Filtering::Ignored, RuleId::Inc02));
    }
    for origin in [Origin::Filter, Origin::Copy] {
        let decision = filtering(origin);
        assert_eq!((decision.answer, decision.rule), (Filtering::Asked, RuleId::Inc01));
    }
}

#[test]
fn inc_02_what_waits_to_be_tracked_by_hand_is_not_screened_meanwhile() {
    for (origin, rule) in [(Origin::Administrator, RuleId::Inc02), (Origin::Filter, RuleId::Inc01)] {
        let waiting = scene(&[]).new_mail().with(|s| s.stored.open = Some((origin, Goal::Track)));
        says(&waiting, Noticed::Nothing, rule);
    }
}

#[test]
fn inc_05_a_conversation_that_was_stopped_is_not_tracked_by_itself_and_by_hand_all_the_same() {
    let stopped = |row: Scene| row.with(|s| s.conversation = Conversation::Stopped);
    says(&stopped(scene(&[]).new_mail()), Noticed::Nothing, RuleId::Inc05);
    says(&stopped(scene(&[]).with(|s| s.stored.expected = true)), Noticed::Nothing, RuleId::Inc05);
    let by_hand = stopped(scene(&[TRACKED]));
    says(&by_hand, tracked_by(Origin::Category, RegardingWish::Keep), RuleId::Cat02);
}

#[test]
fn inc_07_sent_mail_is_tracked_by_itself_only_where_the_organization_says_so() {
    let sent = |to| {
        scene(&[]).new_mail().with(|s| {
            s.message.direction = Direction::Outgoing;
            s.settings.auto_track_sent = to;
        })
    };
    says(&sent(Switch::Off), Noticed::Nothing, RuleId::Inc07);
    says(&sent(Switch::On), Noticed::Screen, RuleId::Inc01);
}

#[test]
fn mbx_02_old_mail_is_not_tracked_by_itself() {
    says(&scene(&[]), Noticed::Nothing, RuleId::Mbx02);
}

#[test]
fn now_01_what_is_noticed_is_due_at_once() {
    let decision = due(Trigger::Noticed, UtcMs(7));
    assert_eq!((decision.answer, decision.rule), (UtcMs(7), RuleId::Now01));
}

#[test]
fn ret_03_what_was_given_up_is_not_tried_again_by_folder_filter_or_copy() {
    let given_up = scene(&[UNDELIVERABLE]).new_mail().with(|s| s.stored.expected = true);
    says(&given_up, Noticed::Nothing, RuleId::Ret03);
    says(&given_up.moved_to_a_mapped_folder(), Noticed::Nothing, RuleId::Ret03);
}

#[test]
fn ret_05_putting_the_category_on_again_is_a_fresh_attempt() {
    let again = scene(&[UNDELIVERABLE, TRACKED]);
    says(&again, tracked_by(Origin::Category, RegardingWish::Keep), RuleId::Cat02);
}

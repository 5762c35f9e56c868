//! Every combination, against the rules' sentences read from the top; and every echo.

use super::*;

const CATEGORIES: [&[&str]; 4] = [&[], &[TRACKED], &[UNDELIVERABLE], &[UNDELIVERABLE, TRACKED]];
const LINKS: [Option<LinkCategory>; 4] =
    [None, Some(LinkCategory::Agreed), Some(LinkCategory::Refused), Some(LinkCategory::Off)];
const SWITCHES: [Switch; 2] = [Switch::On, Switch::Off];

/// Where the message lies, compared with where it was tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Unknown,
    Same,
    Moved,
}

fn open_wishes() -> Vec<Option<(Origin, Goal)>> {
    let doors = other_doors().into_iter().map(|origin| (origin, Goal::Track));
    let others =
        [(Origin::Category, Goal::Untrack), (Origin::Pane, Goal::Track), (Origin::Pane, Goal::Untrack)];
    std::iter::once(None).chain(doors.chain(others).map(Some)).collect()
}

fn mappings() -> [Option<FolderMapping>; 3] {
    [None, Some(FolderMapping { regarding: None }), Some(mapped())]
}

/// Every combination, as `f` is to see it.
fn every_scene(mut f: impl FnMut(&Scene, Place)) {
    let switches = |s: &mut Scene, bits: u32| {
        s.settings.track_categorized = SWITCHES[(bits & 1) as usize];
        s.settings.auto_track_sent = SWITCHES[(bits >> 1 & 1) as usize];
        s.message.direction = [Direction::Incoming, Direction::Outgoing][(bits >> 2 & 1) as usize];
        s.stored.expected = bits >> 3 & 1 == 1;
        s.stored.untracked = bits >> 4 & 1 == 1;
        s.arrival = [Arrival::New, Arrival::Old][(bits >> 5 & 1) as usize];
        s.conversation = [Conversation::Followed, Conversation::Stopped][(bits >> 6 & 1) as usize];
    };
    for on in CATEGORIES {
        let mut s = scene(on);
        for category in LINKS {
            s.stored.link = category.map(link);
            for open in open_wishes() {
                s.stored.open = open;
                for mapping in mappings() {
                    s.mapping = mapping;
                    for place in [Place::Unknown, Place::Same, Place::Moved] {
                        s.stored.folder = match place {
                            Place::Unknown => None,
                            Place::Same => Some(folder("inbox")),
                            Place::Moved => Some(folder("elsewhere")),
                        };
                        for bits in 0..128 {
                            switches(&mut s, bits);
                            f(&s, place);
                        }
                    }
                }
            }
        }
    }
}

/// What the catalogue says of a row, the first sentence that fits.
fn by_the_book(s: &Scene, place: Place) -> Noticed {
    let has = |name: &str| s.message.categories.iter().any(|c| c == name);
    let (on, given_up) = (has(TRACKED), has(UNDELIVERABLE));
    let tracked = s.stored.link.map(|l| l.category);
    let under_way = s.stored.open.map(|(_, goal)| goal);
    let moved = place == Place::Moved;
    let record = s.mapping.as_ref().and_then(|m| m.regarding.clone());
    let track = |origin, record: Option<_>| {
        tracked_by(origin, record.map_or(RegardingWish::Keep, RegardingWish::Set))
    };

    // FRQ-04: a click is done at once, by looking at both sides.
    if matches!(s.stored.open, Some((Origin::Pane, _))) {
        return Noticed::Nothing;
    }
    // CAT-21: only where it is on does the category mean anything.
    if s.settings.track_categorized == Switch::On {
        // CAT-02, CAT-10, with FLD-01 for the record.
        if on && tracked.is_none() && under_way != Some(Goal::Track) {
            return track(Origin::Category, record);
        }
        // Put on what was tracked without it, it counts; FLD-02: a record set by hand is kept.
        let without = matches!(tracked, Some(LinkCategory::Refused | LinkCategory::Off));
        if on && without && under_way.is_none() {
            return track(Origin::Category, record.filter(|_| moved));
        }
        // CAT-06
        if !on && tracked == Some(LinkCategory::Agreed) && under_way != Some(Goal::Untrack) {
            return untracked_by_category();
        }
    }
    // CAT-06: also before the tracking that it asked for is done, unless it was us who took it off (RET-03).
    let asked = s.stored.open == Some((Origin::Category, Goal::Track));
    if s.settings.track_categorized == Switch::On && asked && !on && !given_up && tracked.is_none() {
        return untracked_by_category();
    }
    // RET-03
    if given_up && tracked.is_none() {
        return Noticed::Nothing;
    }
    if s.mapping.is_some() {
        // FLD-01: tracked by the folder, unless a person said no to it there.
        let said_no = s.stored.untracked && !moved;
        if tracked.is_none() && under_way.is_none() && !said_no {
            return track(Origin::Folder, record);
        }
        // FLD-01: another door's wish does not know of the record.
        let by_folder = matches!(s.stored.open, Some((Origin::Folder, _)));
        if tracked.is_none() && under_way == Some(Goal::Track) && !by_folder && record.is_some() {
            return track(Origin::Folder, record);
        }
        // FLD-01: to be untracked where it lay then, it was moved here since.
        if under_way == Some(Goal::Untrack) && moved {
            return track(Origin::Folder, record);
        }
        // FLD-02
        if tracked.is_some() && under_way.is_none() && moved && record.is_some() {
            return track(Origin::Folder, record);
        }
    }
    // Nothing tracks by itself what a person decided about, or what is tracked or about to be.
    if tracked.is_some() || s.stored.untracked || under_way.is_some() {
        return Noticed::Nothing;
    }
    // INC-05
    if s.conversation == Conversation::Stopped {
        return Noticed::Nothing;
    }
    // CAT-15
    if s.stored.expected && s.settings.track_categorized == Switch::On {
        return track(Origin::Copy, None);
    }
    // MBX-02, INC-07
    let sent = s.message.direction == Direction::Outgoing && s.settings.auto_track_sent == Switch::Off;
    if s.arrival == Arrival::Old || sent { Noticed::Nothing } else { Noticed::Screen }
}

#[test]
fn every_row_says_what_the_catalogue_says() {
    every_scene(|s, place| {
        let expected = by_the_book(s, place);
        let said = s.notice();
        assert_eq!(said.answer, expected, "{:?} {:?} {:?} {place:?}", s.message, s.stored, s.mapping);
    });
}

#[test]
fn a_message_that_was_not_sent_says_nothing_at_all() {
    every_scene(|s, _| {
        if s.message.direction == Direction::Incoming && s.stored.folder.is_none() {
            for change in [(|m| m.draft = Draft::Draft) as fn(&mut Message), |m| m.internet_message_id = None]
            {
                let mut message = s.message.clone();
                change(&mut message);
                let around = Surroundings {
                    settings: &s.settings,
                    category: &s.category,
                    mapping: s.mapping.as_ref(),
                    arrival: s.arrival,
                    conversation: s.conversation,
                };
                assert_eq!(notice(&message, &s.stored, around).answer, Noticed::Nothing);
            }
        }
    });
}

#[test]
fn once_carried_out_a_wish_comes_back_as_nothing() {
    let mut echoes = 0;
    every_scene(|s, place| {
        // Where the message lay before matters only to the wish, and what is under way is done by then.
        if place == Place::Same || s.stored.open.is_some() {
            return;
        }
        if let Noticed::Wish(wish, origin) = s.notice().answer {
            let echo = s.carried_out(&wish, origin);
            assert_eq!(echo.notice().answer, Noticed::Nothing, "{wish:?} {origin:?} {:?}", s.stored);
            echoes += 1;
        }
    });
    assert!(echoes > 1_000, "{echoes}");
}

#[test]
fn an_untracking_in_the_pane_comes_back_as_nothing() {
    for mapping in mappings() {
        for record in [RecordFate::Keep, RecordFate::Delete] {
            let row = scene(&[TRACKED]).new_mail().with(|s| s.mapping.clone_from(&mapping));
            let echo = row.tracked_as(LinkCategory::Agreed).carried_out(&untrack(record), Origin::Pane);
            assert_eq!(echo.message.categories, Vec::<String>::new());
            assert_eq!(echo.notice().answer, Noticed::Nothing, "{mapping:?}");
        }
    }
}

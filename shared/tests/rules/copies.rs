//! Whose copies follow a tracked mail.

use crate::situations::*;
use shared::decision::RuleId;
use shared::email::{Direction, Message};
use shared::party::Role;
use shared::rules::copies::followers;
use shared::settings::{Settings, Switch, TwoActivities};

fn mail(direction: Direction) -> Message {
    let correspondents = vec![
        correspondent(Role::From, "from@x.example"),
        correspondent(Role::To, "to@x.example"),
        correspondent(Role::Cc, "CC@x.example"),
        correspondent(Role::Bcc, "bcc@x.example"),
        correspondent(Role::Cc, "to@x.example"),
        correspondent(Role::To, "no address"),
    ];
    Message { correspondents, direction, ..message(&[]) }
}

fn follow(direction: Direction, settings: &Settings) -> (Vec<String>, RuleId) {
    let said = followers(&mail(direction), settings);
    (said.answer.iter().map(|a| a.as_str().to_owned()).collect(), said.rule)
}

const ALL: [&str; 3] = ["bcc@x.example", "cc@x.example", "to@x.example"];

#[test]
fn cat_15_the_copy_of_every_further_recipient_is_categorized_and_the_senders_is_not() {
    let (who, rule) = follow(Direction::Incoming, &Settings::default());
    assert_eq!((who, rule), (ALL.map(str::to_owned).to_vec(), RuleId::Cat15));
}

#[test]
fn cat_16_with_two_activities_the_tracked_sent_copy_categorizes_no_received_one() {
    let two = Settings::default();
    assert_eq!(follow(Direction::Outgoing, &two), (Vec::new(), RuleId::Cat16));
    let one = Settings { two_activities: TwoActivities::Off, ..two };
    for direction in [Direction::Outgoing, Direction::Incoming] {
        assert_eq!(follow(direction, &one), (ALL.map(str::to_owned).to_vec(), RuleId::Cat15));
    }
}

#[test]
fn cat_19_while_category_tracking_is_off_nobodys_copy_is_categorized() {
    let off = Settings { track_categorized: Switch::Off, ..Settings::default() };
    assert_eq!(follow(Direction::Incoming, &off), (Vec::new(), RuleId::Cat19));
}

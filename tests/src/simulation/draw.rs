//! Draws histories.

use super::act::{
    Act, Event, From, History, MailNo, Moment, Obstacle, Place, Regarding, Rhythm, Setting, Spelling,
    Trouble, Wait, Who, Wire,
};
use super::dice::Dice;

/// What kind of history a seed gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    /// Nothing goes wrong.
    Fine,
    /// Something does now and then.
    Mixed,
    /// More often than not; in a quarter of these histories a third of all answers as well.
    Storm,
}

/// The history of a seed.
pub fn draw(seed: u64) -> History {
    let mut dice = Dice::new(seed);
    let people = dice.weighed(&[(3, 1_u8), (4, 2), (2, 3)]);
    let filters = [0; 3].map(|_: u8| dice.weighed(&[(6, 1_u8), (2, 4), (1, 0), (1, 2)]));
    let setting = Setting { people, two_activities: !dice.one_in(3), filters, chance: dice.word() };
    let weather = dice.weighed(&[(3, Weather::Fine), (5, Weather::Mixed), (2, Weather::Storm)]);
    let switches = dice.one_in(8);
    let length = 10 + dice.below(21);
    let chance = setting.chance;
    let mut drawing = Drawing { dice, people, chance, mails: 0, switches, events: Vec::new() };
    drawing.deliver();
    if weather == Weather::Storm && drawing.chance % 4 == 1 {
        drawing.events.push(Event::Trouble(Trouble::Storm { seed: drawing.chance }));
    }
    for _ in 0..length {
        let trouble = match weather {
            Weather::Fine => false,
            Weather::Mixed => drawing.dice.one_in(5),
            Weather::Storm => !drawing.dice.one_in(3),
        };
        if trouble {
            let trouble = drawing.trouble();
            drawing.events.push(Event::Trouble(trouble));
        }
        drawing.step();
    }
    History { setting, events: drawing.events }
}

struct Drawing {
    dice: Dice,
    people: u8,
    chance: u64,
    mails: MailNo,
    switches: bool,
    events: Vec<Event>,
}

#[derive(Clone, Copy)]
enum Kind {
    Deliver,
    Act,
    Several,
    Cycle,
    Due,
    Pass,
    Work,
    Restart,
    Calm,
}

impl Drawing {
    fn who(&mut self) -> Who {
        self.dice.small(self.people)
    }

    fn mail(&mut self) -> MailNo {
        // The latest ones are what people deal with.
        if self.mails > 1 && !self.dice.one_in(3) { self.mails - 1 } else { self.dice.small(self.mails) }
    }

    fn place(&mut self) -> Place {
        self.dice.weighed(&[(2, Place::Inbox), (2, Place::Archive), (1, Place::Junk)])
    }

    fn deliver(&mut self) {
        let first = self.who();
        let mut to = vec![first];
        for who in 0..self.people {
            if who != first && self.dice.one_in(2) {
                to.push(who);
            }
        }
        let from = match self.dice.below(4) {
            0 if self.people > 1 => From::Colleague((first + 1) % self.people),
            1 => From::Stranger,
            _ => From::Customer,
        };
        let answers = (self.mails > 0 && self.dice.one_in(3)).then(|| self.dice.small(self.mails));
        let act = Act::Send { mail: self.mails, from, to, answers, ruled: self.dice.one_in(8) };
        self.mails += 1;
        self.events.push(Event::Act(act));
    }

    fn step(&mut self) {
        let kind = self.dice.weighed(&[
            (if self.mails < 6 { 3 } else { 0 }, Kind::Deliver),
            (12, Kind::Act),
            (1, Kind::Several),
            (6, Kind::Cycle),
            (3, Kind::Due),
            (4, Kind::Pass),
            (3, Kind::Work),
            (1, Kind::Restart),
            (1, Kind::Calm),
        ]);
        match kind {
            Kind::Deliver => self.deliver(),
            Kind::Act => {
                let act = self.act();
                self.events.push(Event::Act(act));
            }
            Kind::Several => {
                let who = self.who();
                let on = !self.dice.one_in(3);
                for mail in 0..self.mails {
                    let act = if on {
                        Act::PutOn { mail, who, spelling: Spelling::AsItIs }
                    } else {
                        Act::TakeOff { mail, who }
                    };
                    self.events.push(Event::Act(act));
                }
            }
            Kind::Cycle => {
                let kind = self.dice.weighed(&[(3, Rhythm::Regular), (2, Rhythm::Bell), (3, Rhythm::Full)]);
                let who = self.who();
                self.events.push(Event::Cycle { who, kind });
            }
            Kind::Due => self.events.push(Event::Due),
            Kind::Pass => {
                let secs =
                    self.dice.weighed(&[(3, 1_u32), (3, 20), (3, 130), (3, 320), (2, 910), (1, 4_000)]);
                self.events.push(Event::Pass { secs });
                if self.dice.one_in(2) {
                    self.events.push(Event::Due);
                }
            }
            Kind::Work => {
                let who = self.who();
                self.events.push(Event::Work { who });
            }
            Kind::Restart => self.events.push(Event::Restart),
            Kind::Calm => self.events.push(Event::Calm),
        }
    }

    fn act(&mut self) -> Act {
        let (mail, who) = (self.mail(), self.who());
        let to = self.dice.small(4);
        match self.dice.below(if self.switches { 43 } else { 40 }) {
            0..=8 => {
                let spelling =
                    self.dice.weighed(&[(4, Spelling::AsItIs), (1, Spelling::Lower), (1, Spelling::Upper)]);
                Act::PutOn { mail, who, spelling }
            }
            9..=13 => Act::TakeOff { mail, who },
            14..=15 => Act::PutOwn { mail, who },
            16..=18 => Act::Move { mail, who, to: self.place() },
            19 => Act::Delete { mail, who },
            20 => Act::RenameCategory { who },
            21 => Act::DeleteCategory { who },
            22..=26 => {
                let regarding = match self.dice.below(4) {
                    0 | 1 => Regarding::Keep,
                    2 => Regarding::Set(to),
                    _ => Regarding::Clear,
                };
                Act::Track { mail, who, regarding }
            }
            27..=29 => Act::Untrack { mail, who, delete: false },
            30 => Act::Untrack { mail, who, delete: true },
            31 => Act::DeleteRecord { mail },
            32 => Act::SetRegarding { mail, to },
            33 => Act::Filter { who, method: self.dice.weighed(&[(2, 1_u8), (2, 4), (1, 0), (1, 2)]) },
            34..=35 => {
                let regarding = self.dice.one_in(2).then_some(to);
                Act::Map {
                    who,
                    folder: self.dice.weighed(&[(3, Place::Archive), (1, Place::Junk)]),
                    regarding,
                }
            }
            36 => Act::Unmap { who, folder: Place::Archive },
            37 => Act::Stop { who },
            38..=39 => Act::Start { who },
            40 => Act::Switch { on: false },
            _ => Act::Switch { on: true },
        }
    }

    fn trouble(&mut self) -> Trouble {
        let after = u16::try_from(self.dice.below(8)).unwrap_or_default();
        let who = self.who();
        match self.dice.below(24) {
            0..=5 => {
                let times = *self.dice.pick(&[1, 1, 1, 2, 4]);
                Trouble::Wire { after, times, how: wire(&mut self.dice) }
            }
            6..=7 => {
                let piece = *self.dice.pick(&[
                    "messages",
                    "masterCategories",
                    "mailFolders",
                    "emails",
                    "delta",
                    "orgdb",
                ]);
                let status = *self.dice.pick(&[429, 500, 503, 504]);
                let times = *self.dice.pick(&[1, 1, 2]);
                Trouble::Part { piece: piece.to_owned(), skip: self.dice.small(3), times, status }
            }
            8 => Trouble::Store { after, times: 1 + self.dice.small(2), full: self.dice.one_in(2) },
            9..=13 => {
                let at = *self.dice.pick(&[
                    Moment::BeforeRequest,
                    Moment::AfterRequest,
                    Moment::BeforeCommit,
                    Moment::AfterCommit,
                ]);
                Trouble::Kill { at, after }
            }
            14..=17 => Trouble::Meanwhile { after, act: self.act() },
            18 => Trouble::Sleep { after, who },
            19 => {
                let how = *self.dice.pick(&[
                    Obstacle::PlugIn,
                    Obstacle::Timeout,
                    Obstacle::InvalidSender,
                    Obstacle::Unknown,
                ]);
                Trouble::Obstacle { how, times: *self.dice.pick(&[1, 2, 6, 9]) }
            }
            20 => Trouble::ExpireTokens { who },
            21 => Trouble::RepeatItems { who },
            22 => {
                if self.dice.one_in(2) {
                    Trouble::ShuffleItems { who }
                } else {
                    Trouble::StaleReads { who, changes: 1 + self.dice.small(2) }
                }
            }
            _ => Trouble::Jump { secs: *self.dice.pick(&[-600, -30, 20, 600]) },
        }
    }
}

/// What becomes of a request.
pub fn wire(dice: &mut Dice) -> Wire {
    match dice.below(12) {
        0 => Wire::NotSent,
        1..=2 => Wire::LostBefore,
        3..=5 => Wire::LostAfter,
        6 => Wire::Status(*dice.pick(&[500, 502, 503, 504])),
        7 => Wire::Status(503),
        8 => Wire::Status(401),
        9 => Wire::Throttled(Wait::Seconds(*dice.pick(&[1, 30, 400, 2_000]))),
        10 => Wire::Throttled(Wait::Fraction),
        _ => Wire::Throttled(*dice.pick(&[Wait::Nothing, Wait::Nonsense])),
    }
}

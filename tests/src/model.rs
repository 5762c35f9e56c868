//! The reference model: what the rules say must hold at the end, for everything that people did.
//!
//! It is written from the rule catalogue alone and knows nothing of how the engine decides; it may not use the rules,
//! plans or merges of `shared`. It is as short as it can be: where two acts crossed each other so that the rules leave
//! open who wins, it says that either is right.

use std::collections::BTreeSet;

pub type Mail = u8;
pub type Who = u8;

/// Something that happened, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A copy arrived; `on`: with the category, by an inbox rule.
    Arrived {
        mail: Mail,
        who: Who,
        on: bool,
        answers: Option<Mail>,
    },
    PutOn {
        mail: Mail,
        who: Who,
    },
    TakenOff {
        mail: Mail,
        who: Who,
    },
    /// `tracks`: the folder is mapped to tracking.
    Moved {
        mail: Mail,
        who: Who,
        tracks: bool,
    },
    Gone {
        mail: Mail,
        who: Who,
    },
    /// The pane accepted a wish to track, or to untrack.
    Wished {
        mail: Mail,
        who: Who,
        id: u128,
        track: bool,
        delete: bool,
    },
    /// A wish of the pane was fulfilled (or gave way to a newer one), or refused.
    Ended {
        id: u128,
        refused: bool,
    },
    /// Somebody deleted the record in the CRM.
    RecordDeleted {
        mail: Mail,
    },
    /// Category tracking was turned on or off; nobody knows how soon it is heard of.
    Switched,
    Filtered,
    /// A folder was mapped to tracking, or its mapping taken away.
    Mapped {
        who: Who,
    },
    Stopped {
        who: Who,
    },
    /// Somebody begins to look a mailbox through.
    Looks {
        who: Who,
    },
    /// A mailbox was looked through to its end, and what was wished in it before carried out.
    Looked {
        who: Who,
    },
}

/// What a person sees of a copy at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Tracked,
    NotTracked,
    /// Tracked, and the record deleted by somebody in the CRM.
    RecordGone,
    /// Given up: the category *Undeliverable* is on it, or the pane's wish was refused.
    GivenUp,
}

/// What is known from the beginning, and of what went wrong.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// Filter methods by person: 1 takes replies only, 4 nothing.
    pub filters: [u8; 3],
    /// Something went wrong that may end in giving up (RET-03, RET-06).
    pub troubled: bool,
    /// The copy is the one in its sender's Sent Items.
    pub sent: bool,
}

/// How a copy stands with respect to tracking.
#[derive(Debug, Clone, Default)]
struct Standing {
    /// The last word of a person; `None`: nobody said anything.
    said: Option<bool>,
    /// Words crossed each other: either may hold.
    open: bool,
    /// A wish of the pane that is being carried out: its id, what it wants, and what was said before.
    pending: Option<(u128, bool, Option<bool>)>,
    /// Words since the mailbox was last looked through.
    fresh: Vec<(bool, By)>,
    /// How many of them were said before somebody began to look.
    seen: usize,
    /// Moved since the last word: where that folder is mapped later, nobody knows which of the two came first.
    moved: bool,
    gone: bool,
    /// Whether the copy may have been tracked by itself: its filter, an answer, another recipient's copy.
    by_itself: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Category,
    Folder,
}

/// What may be seen of a copy at the end; empty where nothing is (the message is gone).
pub fn ends(facts: &[Fact], mail: Mail, who: Who, around: Circumstances) -> BTreeSet<End> {
    let standing = standing(facts, mail, who, around);
    let mut ends = BTreeSet::new();
    if standing.gone {
        return ends;
    }
    let (tracked, untracked) = match standing.said {
        _ if standing.open => (true, true),
        Some(said) => (said, !said),
        None => (standing.by_itself, !must_track_itself(facts, mail, who, around)),
    };
    if tracked {
        ends.insert(End::Tracked);
        // DEL-02, UNT-01: whoever deleted the record, the message stays as it is.
        if record_was_deleted(facts, mail) {
            ends.insert(End::RecordGone);
        }
        if around.troubled {
            ends.insert(End::GivenUp);
        }
        // Put on by a person while the same was under way for a copy (CAT-15), and that was cut short: nobody can tell
        // whose the category is, and what follows a record that was deleted is not tracked anew (DEL-02).
        if around.troubled && standing.by_itself && record_was_deleted(facts, mail) {
            ends.insert(End::NotTracked);
        }
    }
    if untracked {
        ends.insert(End::NotTracked);
        if around.troubled {
            ends.insert(End::GivenUp);
        }
    }
    ends
}

fn standing(facts: &[Fact], mail: Mail, who: Who, around: Circumstances) -> Standing {
    let mut standing =
        Standing { by_itself: may_track_itself(facts, mail, who, around), ..Standing::default() };
    for fact in facts {
        match *fact {
            Fact::Arrived { mail: m, who: w, on, .. } if (m, w) == (mail, who) && on => {
                standing.say(true, By::Category);
            }
            // CAT-02, CAT-10; CAT-06.
            Fact::PutOn { mail: m, who: w } if (m, w) == (mail, who) => standing.say(true, By::Category),
            Fact::TakenOff { mail: m, who: w } if (m, w) == (mail, who) => {
                standing.say(false, By::Category);
                // Taken off before the mail could be tracked, it may still follow another recipient's copy (CAT-15).
                standing.open |= around.troubled && standing.by_itself;
            }
            // FLD-01.
            Fact::Moved { mail: m, who: w, tracks } if (m, w) == (mail, who) => {
                standing.moved = true;
                if tracks {
                    standing.say(true, By::Folder);
                } else if standing.fresh.iter().any(|(_, by)| *by == By::Folder) {
                    // Moved on before anybody looked.
                    standing.open = true;
                }
            }
            Fact::Gone { mail: m, who: w } if (m, w) == (mail, who) => standing.gone = true,
            // CAT-22, CAT-23.
            Fact::Wished { mail: m, who: w, id, track, .. } if (m, w) == (mail, who) => {
                standing.pending = Some((id, track, standing.said));
                standing.said = Some(track);
                standing.moved = false;
                // What the pane does is done by looking at the message as it is then.
                standing.open = standing.fresh.iter().any(|(said, _)| *said != track);
            }
            Fact::Ended { id, refused } => standing.ended(id, refused),
            // CAT-18, CAT-21: what is put on and taken off meanwhile may or may not count.
            Fact::Switched => standing.open = true,
            // A folder that is no longer mapped when somebody looks.
            Fact::Mapped { who: w } if w == who => {
                standing.open |= standing.moved || standing.fresh.iter().any(|(_, by)| *by == By::Folder);
            }
            Fact::Looks { who: w } if w == who => standing.seen = standing.fresh.len(),
            Fact::Looked { who: w } if w == who => {
                standing.fresh.drain(..standing.seen);
                standing.seen = 0;
            }
            _ => {}
        }
    }
    // A setting that changed, at any time, leaves open what was noticed under which.
    standing.open |= facts.contains(&Fact::Switched);
    standing
}

impl Standing {
    fn say(&mut self, said: bool, by: By) {
        let crossed = self.pending.is_some_and(|(_, track, _)| track != said);
        // A folder and a category that say different things before anybody looked.
        let mixed = self.fresh.iter().any(|(other, how)| *other != said && (*how != by || by == By::Folder));
        // Put on and taken off again before anybody looked: as if nothing had been said.
        let undone =
            by == By::Category && self.fresh.iter().any(|(other, _)| *other != said) && self.by_itself;
        self.open = crossed || mixed || undone;
        self.said = Some(said);
        self.moved = false;
        self.fresh.push((said, by));
        // Should the wish be refused, this still stands.
        if let Some((_, _, before)) = &mut self.pending {
            *before = Some(said);
        }
    }

    fn ended(&mut self, id: u128, refused: bool) {
        let Some((pending, track, before)) = self.pending else { return };
        if pending != id {
            return;
        }
        self.pending = None;
        if refused && self.said == Some(track) {
            self.open |= before.is_some_and(|b| b != track);
            self.said = before;
        }
    }
}

/// INC-01, INC-03, CAT-15: whether a copy that nobody touched may be tracked.
fn may_track_itself(facts: &[Fact], mail: Mail, who: Who, around: Circumstances) -> bool {
    let filtered = facts.contains(&Fact::Filtered);
    let method = around.filters[usize::from(who) % 3];
    // INC-03 goes by the thread: whichever of its mails was tracked, the others may follow.
    let in_thread = facts.iter().any(|fact| match *fact {
        Fact::Arrived { mail: m, answers: Some(parent), .. } => m == mail || parent == mail,
        _ => false,
    });
    let taken = filtered || matches!(method, 0 | 2 | 3) || (method == 1 && in_thread);
    // FLD-01: what lies in a folder when it is mapped is tracked with it.
    let folders = facts.iter().any(|fact| matches!(fact, Fact::Mapped { .. }));
    let mapped = folders
        || facts
            .iter()
            .any(|f| matches!(f, Fact::Moved { mail: m, who: w, tracks: true } if (*m, *w) == (mail, who)));
    let by_another = facts.iter().any(|fact| match *fact {
        Fact::Arrived { mail: m, who: w, on, .. } => m == mail && w != who && on,
        Fact::PutOn { mail: m, who: w } => m == mail && w != who,
        Fact::Wished { mail: m, who: w, track, .. } => m == mail && w != who && track,
        Fact::Moved { mail: m, who: w, tracks } => m == mail && w != who && tracks,
        _ => false,
    });
    // A colleague's filter takes the mail first, and the copy follows.
    let others_take = (0..3).any(|w| w != who && matches!(around.filters[usize::from(w)], 0 | 2 | 3))
        || (in_thread && around.filters.contains(&1));
    taken || mapped || by_another || others_take
}

/// INC-01: whether a copy that nobody touched must be tracked: its mailbox takes all mail, and nothing came in between.
fn must_track_itself(facts: &[Fact], mail: Mail, who: Who, around: Circumstances) -> bool {
    let takes_all = around.filters[usize::from(who) % 3] == 0;
    let undisturbed = |fact: &Fact| match *fact {
        Fact::Filtered | Fact::Switched | Fact::Stopped { .. } => false,
        Fact::Moved { mail: m, who: w, .. } => (m, w) != (mail, who),
        Fact::RecordDeleted { mail: m } | Fact::Wished { mail: m, delete: true, .. } => m != mail,
        _ => true,
    };
    takes_all && !around.sent && !around.troubled && facts.iter().all(undisturbed)
}

/// Whether somebody deleted a record of the mail, in the CRM or by the pane's choice.
fn record_was_deleted(facts: &[Fact], mail: Mail) -> bool {
    facts.iter().any(|fact| match *fact {
        Fact::RecordDeleted { mail: m } => m == mail,
        Fact::Wished { mail: m, delete, .. } => m == mail && delete,
        _ => false,
    })
}

/// How many records there may be of a mail in one direction, ever: one, and one more for each time that one was
/// deleted (INC-06).
pub fn most_records(deleted: u32) -> u32 {
    1 + deleted
}

/// Whether anybody ever wished a mail deleted from the CRM by way of the pane (UNT-01): the only reason for which the
/// engine deletes.
pub fn deletions_wished(facts: &[Fact], mail: Mail) -> usize {
    facts.iter().filter(|f| matches!(f, Fact::Wished { mail: m, delete: true, .. } if *m == mail)).count()
}

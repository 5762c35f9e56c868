//! Cut points: where the process is killed, made from the steps of a journey.

use super::course::{Course, Sent, Step};
use super::database::{Database, Lease, Wished};
use super::lane::until;
use sandbox::world::faults::Kind;
use sandbox::world::journal::Seq;
use std::fmt;
use tests::Tenant;

/// Where the process dies. Numbers are places in the course's steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// While the wish is being stored: it is not accepted.
    Acceptance,
    /// Before the ledger: the plan is made, the step is being written down, nothing is sent.
    Ledger(usize),
    /// Between ledger and send: these are written down and do not arrive; the others of their plan do.
    Send(Vec<usize>),
    /// Between send and answer: applied, the answer does not arrive.
    Answer(usize),
    /// Between answer and commit: answered, the answer is being written down.
    Commit(usize),
    /// Everything is done; the end of the wish is being written down.
    Settlement,
}

/// An effect's state that is the one in which the undisturbed run left it.
const ENDED: &str = "ended";

/// Every cut point of a journey. Of steps that are sent together, every choice of those that do not arrive.
pub fn cuts(course: &Course) -> Vec<Cut> {
    let mut cuts = vec![Cut::Acceptance];
    for round in 0..course.rounds() {
        let steps: Vec<usize> = course.round(round).collect();
        cuts.extend(steps.iter().map(|step| Cut::Ledger(*step)));
        cuts.extend((1..1_u32 << steps.len()).map(|choice| {
            let chosen = steps.iter().enumerate().filter(|(bit, _)| choice & (1 << bit) != 0);
            Cut::Send(chosen.map(|(_, step)| *step).collect())
        }));
        cuts.extend(steps.iter().map(|step| Cut::Answer(*step)));
        cuts.extend(steps.iter().map(|step| Cut::Commit(*step)));
    }
    cuts.push(Cut::Settlement);
    cuts
}

/// Pairs of cut points: killed once, and again while the next process carries on.
pub fn nested(course: &Course) -> Vec<[Cut; 2]> {
    let steps = 0..course.steps.len();
    let mut pairs: Vec<[Cut; 2]> = steps.map(|step| [Cut::Send(vec![step]), Cut::Answer(step)]).collect();
    pairs.push([Cut::Settlement, Cut::Settlement]);
    pairs
}

/// The wish whose process is to die, and everything around it.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub course: &'a Course,
    pub tenant: &'a Tenant,
    pub database: &'a Database,
    pub wish: Wished,
    /// Before anything was wished.
    pub mark: Seq,
}

/// A cut point that waits for the process.
#[derive(Debug)]
pub struct Armed<'a> {
    scene: Scene<'a>,
    cut: &'a Cut,
    lease: Lease,
    mark: Seq,
}

impl<'a> Scene<'a> {
    /// Sees to it that the process comes no further than the cut point.
    pub async fn arm(self, cut: &'a Cut) -> Armed<'a> {
        let Self { course, tenant, database, wish, .. } = self;
        let fault = |step: usize, kind| tenant.world.faults.add(course.steps[step].fault(kind));
        match cut {
            Cut::Acceptance => database.bar("insert on wishes", &wish.is_wish()).await,
            Cut::Ledger(step) => {
                let kind = &course.steps[*step].kind;
                let condition = format!("{} and new.kind = '{kind}'", wish.is_of_effect());
                database.bar("insert on effects", &condition).await;
            }
            Cut::Send(steps) => {
                for step in steps {
                    fault(*step, Kind::HangBefore);
                }
            }
            Cut::Answer(step) => {
                fault(*step, Kind::HangAfter);
            }
            Cut::Commit(step) => {
                let Step { kind, end, .. } = &course.steps[*step];
                let of_wish = wish.is_of_effect();
                let condition = format!("{of_wish} and new.kind = '{kind}' and new.state = '{end}'");
                database.bar("update on effects", &condition).await;
            }
            Cut::Settlement => {
                let condition = format!("{} and new.state in ('fulfilled', 'refused')", wish.is_wish());
                database.bar("update on wishes", &condition).await;
            }
        }
        Armed { scene: self, cut, lease: database.lease().await, mark: tenant.world.journal.last() }
    }
}

impl Armed<'_> {
    /// Waits until the process stands there. Each condition is such that the process's next write to its
    /// database, once it holds, is the barred one.
    pub async fn reached(&self) {
        match self.cut {
            Cut::Acceptance => {}
            Cut::Ledger(step) => {
                let Course { steps, .. } = self.scene.course;
                let before = steps.iter().filter(|other| other.round < steps[*step].round).count();
                until("the plan is made", async || {
                    self.has_new_lease().await && self.ended().await == before
                })
                .await;
            }
            Cut::Send(steps) => self.until_held(steps).await,
            Cut::Answer(step) => self.until_held(&[*step]).await,
            Cut::Commit(step) => {
                let kind = &self.scene.course.steps[*step].kind;
                until("the step is written down", async || {
                    let effects = self.scene.database.effects(self.scene.wish).await;
                    effects.iter().any(|effect| effect.kind == *kind && effect.state == "started")
                })
                .await;
            }
            Cut::Settlement => {
                let all = self.scene.course.steps.len();
                until("all is done", async || self.has_new_lease().await && self.ended().await == all).await;
            }
        }
        if !matches!(self.cut, Cut::Send(_) | Cut::Answer(_)) {
            until("the process writes", async || self.scene.database.is_being_written().await).await;
        }
    }

    /// Whether the wish is accepted, and the mailbox was leased since the cut point was armed, and still is.
    async fn has_new_lease(&self) -> bool {
        let Scene { database, wish, .. } = self.scene;
        let now = database.lease().await;
        now.held && now.epoch != self.lease.epoch && database.state_of(wish).await.is_some()
    }

    /// Effects of the wish whose end is written down.
    async fn ended(&self) -> usize {
        let effects = self.scene.database.effects(self.scene.wish).await;
        effects.iter().filter(|effect| ["confirmed", "refused"].contains(&effect.state.as_str())).count()
    }

    /// Waits until these requests are held and the others of their plan are answered.
    async fn until_held(&self, steps: &[usize]) {
        let world = &self.scene.tenant.world;
        let held = |step: &usize| world.faults.held(&self.scene.course.steps[*step].kind) > 0;
        let answered = |step: usize| {
            let since = world.journal.entries_after(self.mark);
            since.iter().any(|entry| self.scene.course.steps[step].is_sent_by(entry) && entry.ended.is_some())
        };
        until("the requests are held", async || {
            let round = self.scene.course.steps[steps[0]].round;
            let others = self.scene.course.round(round).filter(|step| !steps.contains(step));
            // In a recovery the others may be there already; then nobody sends them again.
            let others = others.filter(|step| self.is_first_attempt(*step));
            steps.iter().all(held) && others.into_iter().all(answered)
        })
        .await;
    }

    /// Whether the step was not sent before this cut point was armed.
    fn is_first_attempt(&self, step: usize) -> bool {
        let entries = self.scene.tenant.world.journal.entries_after(self.scene.mark);
        let mut earlier = entries.iter().filter(|entry| entry.seq <= self.mark);
        !earlier.any(|entry| self.scene.course.steps[step].is_sent_by(entry) && entry.status.is_some())
    }

    /// Once the process is dead: lets go what was held for it, which by then nobody waits for. Answers with
    /// what shows that it did not die where it should have, or did things in another order.
    pub async fn disarm(self) -> Vec<String> {
        let faults = &self.scene.tenant.world.faults;
        let names: Vec<String> = faults.list().into_iter().map(|armed| armed.fault.name).collect();
        until("the requests are gone", async || names.iter().all(|name| faults.held(name) == 0)).await;
        faults.clear();
        self.scene.database.unbar().await;
        self.out_of_place().await
    }

    async fn out_of_place(&self) -> Vec<String> {
        let Scene { course, tenant, database, wish, .. } = self.scene;
        let effects = database.effects(wish).await;
        let journal = tenant.world.journal.entries_after(self.mark);
        let all: Vec<usize> = (0..course.steps.len()).collect();
        let (steps, wanted) = match self.cut {
            Cut::Acceptance => (all, (None, Sent::Never)),
            Cut::Ledger(step) => (course.round(course.steps[*step].round).collect(), (None, Sent::Never)),
            Cut::Send(steps) => (steps.clone(), (Some("started"), Sent::InVain)),
            Cut::Answer(step) | Cut::Commit(step) => (vec![*step], (Some("started"), Sent::Applied)),
            // After a restart they were sent by the process before.
            Cut::Settlement if self.mark != self.scene.mark => (all, (Some(ENDED), Sent::Never)),
            Cut::Settlement => (all, (Some(ENDED), Sent::Applied)),
        };
        let found = steps.into_iter().map(|step| {
            let step = &course.steps[step];
            let effect = effects.iter().find(|effect| effect.kind == step.kind);
            let state = effect.map(|effect| effect.state.as_str());
            let state = state.map(|state| if state == step.end { ENDED } else { state });
            (&step.kind, (state, step.sent(&journal)))
        });
        let otherwise = found.filter(|(_, found)| *found != wanted);
        otherwise
            .map(|(kind, found)| format!("{}: {kind} is {found:?} in ledger and journal", self.cut))
            .collect()
    }
}

impl Cut {
    /// The steps that it is about, by their kinds.
    pub fn steps(&self, course: &Course) -> String {
        let kinds = |steps: &[usize]| {
            let kinds: Vec<&str> = steps.iter().map(|step| course.steps[*step].kind.as_str()).collect();
            kinds.join(" + ")
        };
        match self {
            Self::Acceptance | Self::Settlement => "the wish".to_owned(),
            Self::Ledger(step) | Self::Answer(step) | Self::Commit(step) => kinds(&[*step]),
            Self::Send(steps) => kinds(steps),
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acceptance => "before it is stored",
            Self::Ledger(_) => "before the ledger",
            Self::Send(_) => "between ledger and send",
            Self::Answer(_) => "between send and answer",
            Self::Commit(_) => "between answer and commit",
            Self::Settlement => "before its end is stored",
        })
    }
}

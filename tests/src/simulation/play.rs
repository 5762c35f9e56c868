//! Plays a history: first as it is written, under the eyes of the checkers; then, with all troubles over, until both
//! sides agree.

use super::act::{Event, History, Obstacle as How, Rhythm, Trouble, Who};
use super::books::Books;
use super::dice::Dice;
use super::ground::Ground;
use super::scene::{Node, Process, Scene};
use super::time::NodeClock;
use super::wire::Wire;
use super::{check, people};
use crate::model::Fact;
use backend::app::{self, Parts};
use backend::store::{Actor, MailboxChange, NewMailbox, Store, WishState};
use backend::sync::{Items, Kind, Looked, Pace, StoreSharing};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sandbox::dataverse::{Obstacle, Trouble as Failing};
use sandbox::exchange::{Mailbox, Switches};
use sandbox::world::faults::{Fault, Kind as FaultKind, Matching};
use shared::UtcMs;
use shared::item::SmtpAddress;
use shared::mailbox::{Approval, MailboxKind, Operation, TestResult};
use std::cell::RefCell;
use std::sync::{Arc, PoisonError};

/// How long a storm lasts.
const STORM_MS: i64 = 3_600_000;
/// Longer than a lease.
const LEASE_AND_MORE_MS: i64 = 20_000;
/// Cycles of each mailbox within which both sides must agree once the troubles are over.
const CYCLES_TO_AGREE: usize = 2;
/// Times that what is put off may be taken up until then.
const RETRIES: usize = 40;

/// What came of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// What went wrong; empty: nothing did.
    pub flaws: Vec<String>,
    /// The same history leaves the same trace.
    pub trace: u64,
    pub requests: u64,
    pub deaths: u32,
    /// The trace in words, where somebody wants to read it.
    pub told: Vec<String>,
}

/// How much of it is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    Quiet,
    /// Every request, and every event before it.
    Whole,
}

thread_local! {
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes panics for the history that is being played on the thread, in place of printing them.
pub fn note_panics() {
    std::panic::set_hook(Box::new(|panic| PANICS.with_borrow_mut(|all| all.push(panic.to_string()))));
}

/// Plays a history on an empty ground.
pub async fn play(ground: &Arc<Ground>, history: &History, telling: Telling) -> Played {
    ground.clear().await;
    PANICS.with_borrow_mut(Vec::clear);
    let scene = Scene::new(ground, history);
    if telling == Telling::Whole {
        scene.stage().told = Some(Vec::new());
    }
    let whole = std::panic::AssertUnwindSafe(whole(&scene, history)).catch_unwind();
    if whole.await.is_err() {
        scene.flaw("panic: the harness itself".to_owned());
    }
    for panic in PANICS.with_borrow_mut(std::mem::take) {
        scene.flaw(format!("panic: {panic}"));
    }
    // The engine holds the wire, and the wire the scene.
    let processes = std::mem::take(&mut *scene.processes.lock().unwrap_or_else(PoisonError::into_inner));
    for process in &processes {
        process.node.kill();
    }
    drop(processes);
    settle_down().await;
    let mut stage = scene.stage();
    Played {
        flaws: scene.flaws(),
        trace: stage.hash(),
        requests: stage.requests,
        deaths: stage.deaths,
        told: stage.told.take().unwrap_or_default(),
    }
}

async fn whole(scene: &Arc<Scene>, history: &History) {
    furnish(scene).await;
    start(scene).await;
    let mut dice = Dice::new(history.setting.chance);
    for (number, event) in history.events.iter().enumerate() {
        scene.past().started += 1;
        if let Some(told) = &mut scene.stage().told {
            told.push(format!("-- {}. {event}", number + 1));
        }
        happen(scene, event, &mut dice).await;
        note_ends(scene).await;
        check::after_step(scene).await;
        if scene.is_flawed() {
            scene.flaw(format!("  (seen after event {}: {event})", number + 1));
            return;
        }
    }
    agree(scene, &mut dice).await;
    let trail = scene.ground.store.audit_trail(scene.ground.tenant()).await.expect("the audit trail");
    scene.stage().trace(&format!("{trail:?}"));
}

/// The tenant as the history wants it, and the mailboxes enrolled.
async fn furnish(scene: &Arc<Scene>) {
    let setting = &scene.history.setting;
    let (world, store) = (&scene.ground.world, &scene.ground.store);
    if !setting.two_activities {
        let columns = serde_json::json!({ "ignoreinternalemail": true });
        world.crm().set_organization(columns).await.expect("a column of the organization");
    }
    let (tenant, by) = (scene.ground.tenant(), Actor::Program("an administrator".into()));
    for who in scene.people() {
        people::set_filter(scene, who, setting.filters[usize::from(who)]).await;
        // Whoever may not see a colleague's record cannot track the same mail (FRQ-06): that is another matter.
        let user = super::scene::PEOPLE[usize::from(who)].systemuser.and_then(|id| id.parse().ok());
        let user = user.expect("a user of the CRM");
        world.crm().set_roles(user, &["Sales Manager"]).await.expect("a role of the CRM");
        let (mailbox, address) = Scene::mailbox(who);
        let now = UtcMs(scene.ground.time.now_ms());
        let new = NewMailbox {
            tenant,
            mailbox,
            address,
            name: super::act::NAMES[usize::from(who)].to_owned(),
            kind: MailboxKind::User,
            queue: None,
            acts_as: Some(scene.access(who).user),
            approval: Approval::Approved,
            by: by.clone(),
            now,
        };
        store.enroll(&new).await.expect("the store can be written");
        let (incoming, outgoing) = (TestResult::Success, TestResult::Success);
        let tested = MailboxChange::Tested { incoming, outgoing, acts_as: None };
        for change in [tested, MailboxChange::Start] {
            store.amend_mailbox(tenant, mailbox, &change, &by, now).await.expect("the store can be written");
        }
    }
}

/// Starts a process on the database as it is.
async fn start(scene: &Arc<Scene>) {
    // Killed while it starts, it is started again.
    for _ in 0..10 {
        let number = {
            let mut past = scene.past();
            past.processes += 1;
            past.processes
        };
        let node =
            Node::new(format!("node-{number}"), NodeClock::new(&scene.ground.time, scene.past().skew_ms));
        let wire = Wire { scene: Arc::downgrade(scene), node: node.clone() };
        let books = Books { scene: Arc::downgrade(scene), node: node.clone() };
        let exclusive = scene.history.setting.chance.is_multiple_of(2);
        let parts = Parts {
            config: scene.ground.config.clone(),
            clock: node.clock.clone(),
            transport: Arc::new(wire),
            store: Arc::new(books),
            store_sharing: if exclusive { StoreSharing::Exclusive } else { StoreSharing::Shared },
            holder: node.name.clone(),
            lock: None,
            pace: Pace::ByHand,
        };
        let started = tokio::select! {
            biased;
            () = node.death() => None,
            app = app::assemble(parts) => Some(app),
        };
        if let Some(Ok(app)) = started {
            scene.processes.lock().unwrap_or_else(PoisonError::into_inner).push(Process { node, app });
            return;
        }
    }
    panic!("the service does not start");
}

/// Lets tasks that were aborted go.
async fn settle_down() {
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

/// Lets the newest process do something; where it dies over it, another one is started.
async fn with_engine<T>(scene: &Arc<Scene>, work: impl AsyncFnOnce(Items) -> T) -> Option<T> {
    let newest = {
        let processes = scene.processes.lock().unwrap_or_else(PoisonError::into_inner);
        processes.last().map(|process| (process.node.clone(), process.app.items().clone()))
    };
    let (node, items) = newest.expect("a process runs");
    let done = tokio::select! {
        biased;
        () = node.death() => None,
        done = work(items) => Some(done),
    };
    if done.is_none() {
        bury(scene, &node).await;
        start(scene).await;
    }
    done
}

async fn bury(scene: &Arc<Scene>, node: &Arc<Node>) {
    let dead = {
        let mut processes = scene.processes.lock().unwrap_or_else(PoisonError::into_inner);
        let at = processes.iter().position(|process| process.node.name == node.name);
        at.map(|at| processes.remove(at))
    };
    drop(dead);
    settle_down().await;
}

async fn happen(scene: &Arc<Scene>, event: &Event, dice: &mut Dice) {
    match event {
        Event::Act(act) => {
            with_engine(scene, async |_| people::perform(scene, act).await).await;
        }
        Event::Pass { secs } => scene.ground.time.advance_ms(i64::from(*secs) * 1_000),
        Event::Due => due(scene, dice).await,
        Event::Cycle { who, kind } => {
            let kind = match kind {
                Rhythm::Regular => Kind::Regular,
                Rhythm::Bell => Kind::Bell,
                Rhythm::Full => Kind::Full,
            };
            if scene.people().contains(who) {
                cycle(scene, *who, kind).await;
            }
        }
        Event::Work { who } => {
            if scene.people().contains(who) {
                work(scene, *who).await;
            }
        }
        Event::Trouble(trouble) => arm(scene, trouble).await,
        Event::Calm => calm(scene),
        Event::Restart => restart(scene).await,
    }
}

async fn restart(scene: &Arc<Scene>) {
    let node = {
        let processes = scene.processes.lock().unwrap_or_else(PoisonError::into_inner);
        processes.last().map(|process| process.node.clone())
    };
    if let Some(node) = node {
        node.kill();
        bury(scene, &node).await;
    }
    start(scene).await;
}

async fn due(scene: &Arc<Scene>, dice: &mut Dice) {
    let Some(items) = scene.items() else { return };
    let now = UtcMs(scene.ground.time.now_ms());
    let rota = items.rota();
    drop(items);
    let mut due: Vec<Who> = scene
        .people()
        .filter(|who| rota.iter().any(|(due, _, at)| *due <= now && *at == Scene::mailbox(*who).1))
        .collect();
    dice.shuffle(&mut due);
    for who in due {
        cycle(scene, who, Kind::Regular).await;
    }
}

/// A cycle of a mailbox; answers whether it was looked through to its end.
async fn cycle(scene: &Arc<Scene>, who: Who, kind: Kind) -> bool {
    let (_, address) = Scene::mailbox(who);
    let tenant = scene.ground.tenant();
    scene.note(Fact::Looks { who });
    let ended = with_engine(scene, async |items| items.cycle(tenant, &address, kind).await).await;
    let whole = |looked: &Looked| {
        looked.full
            && looked.problem.is_none()
            && !looked.elsewhere
            && !looked.dropped
            && looked.again.is_none()
    };
    let fine = is_fine(scene);
    match ended {
        Some(Ok(Some(looked))) => {
            if fine && let Some(problem) = &looked.problem {
                scene.flaw(format!("a cycle of {address} fails though nothing is wrong: {problem:?}"));
            }
            if whole(&looked) {
                scene.note(Fact::Looked { who });
            }
            whole(&looked)
        }
        Some(Err(error)) if fine => {
            scene.flaw(format!("the store fails though nothing is wrong: {error}"));
            false
        }
        _ => false,
    }
}

async fn work(scene: &Arc<Scene>, who: Who) {
    let (_, address) = Scene::mailbox(who);
    let tenant = scene.ground.tenant();
    let ended = with_engine(scene, async |items| items.work(tenant, &address).await).await;
    if let Some(Err(error)) = ended
        && is_fine(scene)
    {
        scene.flaw(format!("the store fails though nothing is wrong: {error}"));
    }
}

/// Whether nothing ever went wrong in the history.
pub fn is_fine(scene: &Scene) -> bool {
    let harmless = |trouble: &Trouble| {
        matches!(
            trouble,
            Trouble::Meanwhile { .. }
                | Trouble::RepeatItems { .. }
                | Trouble::ShuffleItems { .. }
                | Trouble::ExpireTokens { .. }
        )
    };
    scene.history.events.iter().all(|event| match event {
        Event::Trouble(trouble) => harmless(trouble),
        _ => true,
    })
}

/// What happens before the engine's next request.
pub fn meanwhile<'a>(scene: &'a Arc<Scene>, node: &'a Arc<Node>) -> BoxFuture<'a, ()> {
    let (acts, sleeps) = scene.stage().next_meanwhile();
    if acts.is_empty() && sleeps.is_empty() {
        return Box::pin(std::future::ready(()));
    }
    Box::pin(async move {
        for act in acts {
            people::perform(scene, &act).await;
        }
        for who in sleeps {
            let asleep = Asleep::new(scene, node);
            scene.ground.time.advance_ms(LEASE_AND_MORE_MS);
            start(scene).await;
            if scene.people().contains(&who) {
                let (_, address) = Scene::mailbox(who);
                other_cycle(scene, &address).await;
            }
            drop(asleep);
            settle_down().await;
        }
    })
}

/// A node that stands still. Another one takes over what it leaves, and goes before it wakes: also where the work
/// during which it fell asleep is given up meanwhile.
struct Asleep<'a> {
    scene: &'a Scene,
    node: &'a Node,
    /// The processes of before; those that come while it sleeps are others.
    before: Vec<String>,
}

impl<'a> Asleep<'a> {
    fn new(scene: &'a Scene, node: &'a Node) -> Self {
        node.clock.sleep();
        let processes = scene.processes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = processes.iter().map(|process| process.node.name.clone()).collect();
        Self { scene, node, before }
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        let mut all = self.scene.processes.lock().unwrap_or_else(PoisonError::into_inner);
        let others: Vec<_> =
            all.extract_if(.., |process| !self.before.contains(&process.node.name)).collect();
        drop(all);
        for other in others {
            other.node.kill();
        }
        self.node.clock.wake();
    }
}

async fn other_cycle(scene: &Arc<Scene>, address: &SmtpAddress) {
    let newest = {
        let processes = scene.processes.lock().unwrap_or_else(PoisonError::into_inner);
        processes.last().map(|process| (process.node.clone(), process.app.items().clone()))
    };
    let Some((node, items)) = newest else { return };
    let tenant = scene.ground.tenant();
    tokio::select! {
        biased;
        () = node.death() => {}
        _ = items.cycle(tenant, address, Kind::Full) => {}
    }
}

/// What became of the pane's wishes since, as the store has it. One that it does not have was never accepted.
async fn note_ends(scene: &Scene) {
    let open = scene.past().wishes.clone();
    for (id, _, _) in open {
        let state =
            scene.ground.store.wish_state(scene.ground.tenant(), id).await.expect("the store can be read");
        let number = id.as_u128();
        let refused = match state {
            Some(WishState::Running | WishState::Waiting { .. }) => continue,
            Some(WishState::Fulfilled | WishState::Superseded) => false,
            Some(WishState::Refused { .. }) => true,
            None => {
                let mut past = scene.past();
                if past.accepted.contains(&id) {
                    drop(past);
                    scene.flaw(format!("ledger: wish {id} was accepted and is gone"));
                } else {
                    past.wishes.retain(|(wish, _, _)| *wish != id);
                    past.facts.retain(|fact| !matches!(fact, Fact::Wished { id, .. } if *id == number));
                }
                continue;
            }
        };
        let mut past = scene.past();
        past.wishes.retain(|(wish, _, _)| *wish != id);
        past.ended.push(id);
        past.facts.push(Fact::Ended { id: number, refused });
    }
    let mut past = scene.past();
    let accepted: Vec<_> = past.wishes.iter().map(|(id, _, _)| *id).collect();
    past.accepted.extend(accepted);
}

async fn arm(scene: &Arc<Scene>, trouble: &Trouble) {
    let world = &scene.ground.world;
    let switch = |who: Who, change: &dyn Fn(&mut Mailbox)| {
        let done = world.act("a trouble", |exchange, _| {
            exchange.change(Scene::upn(who), |mailbox, _| {
                change(mailbox);
                Ok(())
            })
        });
        done.expect("a mailbox of the company");
    };
    match trouble {
        Trouble::Wire { after, times, how } => scene.stage().wires.push((*after, *times, *how)),
        Trouble::Part { piece, skip, times, status } => {
            let status = FaultKind::Status {
                status: *status,
                code: "SimulatedTrouble".into(),
                message: "not now".into(),
                retry_after: (*status == 429).then(|| "3".to_owned()),
                headers: Default::default(),
            };
            let matching = Matching { path_contains: Some(piece.clone()), ..Matching::default() };
            let fault =
                Fault::new(status).matching(matching).after(u32::from(*skip)).times(u32::from(*times));
            world.faults.add(fault);
        }
        Trouble::Store { after, times, full } => scene.stage().stores.push((*after, *times, *full)),
        Trouble::Kill { at, after } => scene.stage().kills.push((*at, *after)),
        Trouble::Meanwhile { after, act } => scene.stage().meanwhiles.push((*after, act.clone())),
        Trouble::Sleep { after, who } => scene.stage().sleeps.push((*after, *who)),
        Trouble::Obstacle { how, times } => {
            let failing = match how {
                How::PlugIn => Failing::PlugIn { message: "a plug-in says no".into() },
                How::Timeout => Failing::Timeout,
                How::InvalidSender => Failing::InvalidSender,
                How::Unknown => Failing::Unknown,
            };
            world.crm().place_obstacle(Obstacle::new(failing).times(u32::from(*times)));
        }
        Trouble::ExpireTokens { who } => switch(*who, &Mailbox::expire_delta_tokens),
        Trouble::RepeatItems { who } => switch(*who, &|m| m.switches.repeat_delta_items = true),
        Trouble::ShuffleItems { who } => switch(*who, &|m| m.switches.shuffle_delta_items = true),
        Trouble::StaleReads { who, changes } => {
            let changes = u32::from(*changes);
            switch(*who, &|m| m.switches.stale_delta_reads = changes);
        }
        Trouble::Storm { seed } => {
            let until_ms = scene.ground.time.now_ms() + STORM_MS;
            scene.stage().storm = Some((until_ms, Dice::new(*seed)));
        }
        Trouble::Jump { secs } => {
            let ms = i64::from(*secs) * 1_000;
            scene.past().skew_ms += ms;
            let processes = scene.processes.lock().unwrap_or_else(PoisonError::into_inner);
            for process in processes.iter() {
                process.node.clock.jump_ms(ms);
            }
        }
    }
}

fn calm(scene: &Arc<Scene>) {
    scene.stage().calm();
    let world = &scene.ground.world;
    world.faults.clear();
    world.crm().clear_obstacles();
    for who in scene.people() {
        let done = world.act("the troubles end", |exchange, _| {
            exchange.change(Scene::upn(who), |mailbox, _| {
                mailbox.switches = Switches::default();
                Ok(())
            })
        });
        done.expect("a mailbox of the company");
    }
}

/// Liveness: with the troubles over, both sides agree within two cycles of each mailbox, and a third writes nothing.
async fn agree(scene: &Arc<Scene>, dice: &mut Dice) {
    if let Some(told) = &mut scene.stage().told {
        told.push("-- the troubles are over: both sides must come to agree".to_owned());
    }
    calm(scene);
    restart_stopped(scene).await;
    for _ in 0..CYCLES_TO_AGREE {
        let mut everybody: Vec<Who> = scene.people().collect();
        dice.shuffle(&mut everybody);
        for who in everybody {
            full_cycle(scene, who).await;
        }
        work_off(scene).await;
        note_ends(scene).await;
        check::after_step(scene).await;
        if scene.is_flawed() {
            return;
        }
    }
    check::at_the_end(scene).await;
    if !scene.is_flawed() {
        check_quiet(scene).await;
    }
}

/// An administrator starts what errors stopped.
async fn restart_stopped(scene: &Arc<Scene>) {
    let (tenant, store) = (scene.ground.tenant(), &scene.ground.store);
    let fine = is_fine(scene);
    for record in store.mailboxes(tenant).await.expect("the store can be read") {
        if let Operation::Stopped(problem) = &record.operation
            && fine
        {
            scene
                .flaw(format!("mailbox {} was stopped though nothing is wrong: {problem:?}", record.address));
        }
        if record.operation != Operation::On {
            let (by, now) = (Actor::Program("an administrator".into()), UtcMs(scene.ground.time.now_ms()));
            let start = MailboxChange::Start;
            store
                .amend_mailbox(tenant, record.mailbox, &start, &by, now)
                .await
                .expect("the store can be written");
        }
    }
}

/// A cycle that comes to its end, however long the mailbox is still to be left alone.
async fn full_cycle(scene: &Arc<Scene>, who: Who) {
    for _ in 0..RETRIES {
        scene.ground.time.advance_ms(310_000);
        if cycle(scene, who, Kind::Full).await {
            return;
        }
    }
    scene.flaw(format!("liveness: no cycle of {} comes to its end any more", Scene::upn(who)));
}

/// Takes up what is put off, as its time comes.
async fn work_off(scene: &Arc<Scene>) {
    for _ in 0..RETRIES {
        let due = scene.ground.store.due_mailboxes().await.expect("the store can be read");
        let Some(next) = due.iter().map(|left| left.due).min() else { return };
        let wait = next.since_ms(UtcMs(scene.ground.time.now_ms() + scene.past().skew_ms));
        scene.ground.time.advance_ms(wait.max(0) + 1_000);
        for who in scene.people() {
            if due.iter().any(|left| left.mailbox == Scene::mailbox(who).1) {
                work(scene, who).await;
            }
        }
    }
    let left = scene.ground.store.due_mailboxes().await.expect("the store can be read");
    scene.flaw(format!("liveness: wishes are put off for ever: {left:?}"));
}

/// Nothing is left to do: the third cycle changes neither side. It may read the echo of what the second one wrote, and
/// keep that it did; the fourth writes no row.
async fn check_quiet(scene: &Arc<Scene>) {
    let store = &scene.ground.store;
    let mark = scene.ground.world.journal.last();
    for who in scene.people() {
        full_cycle(scene, who).await;
    }
    let before = store.rows_written().await.expect("the store can be read");
    for who in scene.people() {
        full_cycle(scene, who).await;
    }
    let written = store.rows_written().await.expect("the store can be read") - before;
    let journal = scene.ground.world.journal.entries_after(mark);
    let effects: Vec<_> =
        journal.into_iter().flat_map(|entry| entry.effects).map(|effect| effect.kind).collect();
    if !effects.is_empty() {
        scene.flaw(format!("quiet: the third cycle still changes something: {effects:?}"));
    }
    if written != 0 {
        scene.flaw(format!("quiet: the fourth cycle wrote {written} rows"));
    }
}

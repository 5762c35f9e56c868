//! Journeys and cut points, each with each.

use super::course::{Course, changes_since};
use super::cut::{Cut, Scene, cuts, nested};
use super::database::{Database, Wished};
use super::journey::{Category, JOURNEYS, Journey};
use super::lane::{Lane, until};
use futures_util::future::join_all;
use http::Method;
use sandbox::company::{ADA, DAN, Person};
use shared::api::WishRequest;
use shared::api::admin::Mailbox;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tests::{Mail, Program, Tenant};
use uuid::Uuid;

/// Journeys made at the same time.
const LANES: usize = 2;

/// One cell of the matrix: a journey, and where the process dies on it, one time after the other.
#[derive(Debug)]
struct Trial<'a> {
    journey: &'a Journey,
    course: &'a Course,
    cuts: Vec<Cut>,
}

impl Trial<'_> {
    /// A line of the printed matrix: journey, steps, cut points.
    fn in_words(&self) -> String {
        let points: Vec<String> = self.cuts.iter().map(Cut::to_string).collect();
        let steps = self.cuts[0].steps(self.course);
        format!("{:<33} {steps:<47} {}", self.journey.name, points.join(", again "))
    }

    /// Makes the journey, kills the process at each cut point and starts the next; what is wrong in the end.
    async fn run(&self, lane: &Lane) -> Vec<String> {
        let tenant = &lane.tenant;
        tenant.world.reset();
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::of(folder.path());
        let mut program = Program::start(tenant, folder.path()).await;
        let mail = self.journey.prepare(tenant, |person| program.pane(tenant, person)).await;
        settled(&program, tenant, self.journey).await;
        let mark = tenant.world.journal.last();
        let start = Begun::of(self.journey, mail.clone());
        let wish = start.wished();
        let scene = Scene { course: self.course, tenant, database: &database, wish, mark };
        let mut wrong = Vec::new();
        for (place, cut) in self.cuts.iter().enumerate() {
            let armed = scene.arm(cut).await;
            if place == 0 {
                start.act(tenant).await;
                start.bring(&program, tenant).await;
            } else {
                program = Program::start(tenant, folder.path()).await;
            }
            armed.reached().await;
            program.kill().await;
            wrong.extend(armed.disarm().await);
        }
        let program = Program::start(tenant, folder.path()).await;
        let pane = |person: &Person| program.pane(tenant, person);
        if self.cuts.contains(&Cut::Acceptance) {
            let accepted = database.state_of(wish).await;
            if accepted.is_some() || !changes_since(tenant, mark).is_empty() {
                wrong.push(format!("a wish that was not accepted is {accepted:?}"));
            }
            start.bring(&program, tenant).await;
        }
        ends(&database, wish).await;
        wrong.extend(self.journey.after.faults(tenant, pane, &mail).await);
        wrong.extend(self.left_wrong(&database, wish).await);
        let changes = changes_since(tenant, mark);
        if changes != self.course.changes {
            wrong.push(format!("changed {changes:#?} instead of {:#?}", self.course.changes));
        }
        if !wrong.is_empty() {
            wrong.push(program.log());
        }
        wrong
    }

    /// What is wrong in the database.
    async fn left_wrong(&self, database: &Database, wish: Wished) -> Vec<String> {
        let mut wrong = Vec::new();
        let state = database.state_of(wish).await;
        let (wanted, told) = match self.journey.after.category {
            Category::Undeliverable => ("refused", "wish.refused"),
            Category::On | Category::Off => ("fulfilled", "wish.fulfilled"),
        };
        if state.as_deref() != Some(wanted) {
            wrong.push(format!("the wish is {state:?}"));
        }
        let unfinished = database.unfinished().await;
        if !unfinished.is_empty() {
            wrong.push(format!("the ledger has no end of {unfinished:?}"));
        }
        match database.audit(wish).await {
            Ok(events) if events == ["wish.accepted", told] => {}
            Ok(events) => wrong.push(format!("the audit trail tells {events:?}")),
            Err(broken) => wrong.push(broken),
        }
        wrong
    }
}

/// The beginning of a journey: what Ada does, and how the service comes to hear of it.
struct Begun<'a> {
    journey: &'a Journey,
    mail: Mail,
    request: Option<WishRequest>,
}

impl<'a> Begun<'a> {
    fn of(journey: &'a Journey, mail: Mail) -> Self {
        let request = journey.wish().map(|wish| WishRequest { id: Uuid::new_v4(), wish });
        Self { journey, mail, request }
    }

    fn wished(&self) -> Wished {
        self.request.as_ref().map_or(Wished::Noticed, |request| Wished::InPane(request.id))
    }

    async fn act(&self, tenant: &Tenant) {
        self.journey.categorize(tenant, &self.mail).await;
    }

    /// Sends the wish without waiting for its end; or has the mailbox looked through.
    async fn bring(&self, program: &Program, tenant: &Tenant) {
        match &self.request {
            Some(request) => {
                let (pane, mail, request) = (program.pane(tenant, &ADA), self.mail.clone(), request.clone());
                tokio::spawn(async move { pane.send(&mail, &request).await });
            }
            None => {
                let path = format!("/api/admin/mailboxes/{}/start", ADA.upn);
                let answer = program.pane(tenant, &DAN).call(Method::POST, &path, None).await;
                assert!(answer.status.is_success(), "{answer:?}");
            }
        }
    }
}

/// Waits until a mailbox that is synchronized was looked through for the first time.
async fn settled(program: &Program, tenant: &Tenant, journey: &Journey) {
    if journey.wish().is_some() {
        return;
    }
    let path = format!("/api/admin/mailboxes/{}", ADA.upn);
    until("the first cycle ends", async || {
        let seen = program.pane(tenant, &DAN).call(Method::GET, &path, None).await;
        seen.json::<Mailbox>().cycles.last.is_some()
    })
    .await;
}

/// Waits until the wish ends, however it does.
async fn ends(database: &Database, wish: Wished) {
    until("the wish ends", async || {
        let state = database.state_of(wish).await;
        !matches!(state.as_deref(), None | Some("running" | "waiting"))
    })
    .await;
}

/// Makes a journey undisturbed, and reads its course.
async fn undisturbed(lane: &Lane, journey: &Journey) -> Course {
    let tenant = &lane.tenant;
    tenant.world.reset();
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::start(tenant, folder.path()).await;
    let pane = |person: &Person| program.pane(tenant, person);
    let mail = journey.prepare(tenant, pane).await;
    let database = Database::of(folder.path());
    settled(&program, tenant, journey).await;
    let mark = tenant.world.journal.last();
    let start = Begun::of(journey, mail.clone());
    start.act(tenant).await;
    start.bring(&program, tenant).await;
    ends(&database, start.wished()).await;
    let journal = tenant.world.journal.entries_after(mark);
    let wrong = journey.after.faults(tenant, pane, &mail).await;
    assert!(wrong.is_empty(), "{}, undisturbed: {wrong:#?}\n{}", journey.name, program.log());
    let effects = database.effects(start.wished()).await;
    Course::of(&effects, &journal, changes_since(tenant, mark))
}

/// Makes every trial that the journeys' courses give rise to; panics with all that went wrong.
async fn try_all(trials_of: impl Fn(&Course) -> Vec<Vec<Cut>>) {
    let began = Instant::now();
    let lanes: Vec<Lane> = join_all((0..LANES).map(|_| Lane::open())).await;
    let mut courses = Vec::new();
    for journey in &JOURNEYS {
        courses.push((journey, undisturbed(&lanes[0], journey).await));
    }
    let trials = courses.iter().flat_map(|(journey, course)| {
        trials_of(course).into_iter().map(move |cuts| Trial { journey, course, cuts })
    });
    let trials: VecDeque<Trial<'_>> = trials.collect();
    let (count, trials) = (trials.len(), Mutex::new(trials));
    let next = || trials.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = lanes.iter().map(async |lane| {
        let mut failed = Vec::new();
        while let Some(trial) = next() {
            let began = Instant::now();
            let wrong = trial.run(lane).await;
            let verdict = if wrong.is_empty() { "as wished" } else { "WRONG" };
            println!("{:<9} {:>5} ms  {}", verdict, began.elapsed().as_millis(), trial.in_words());
            if !wrong.is_empty() {
                failed.push(format!("{}\n  {}", trial.in_words(), wrong.join("\n  ")));
            }
        }
        failed
    });
    let failed: Vec<String> = join_all(work).await.concat();
    println!("{count} trials of {} journeys in {:?}", JOURNEYS.len(), began.elapsed());
    assert!(failed.is_empty(), "{} of {count} went wrong:\n{}", failed.len(), failed.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_killed_at_any_cut_point_of_any_journey_ends_it_as_wished_after_the_restart() {
    try_all(|course| cuts(course).into_iter().map(|cut| vec![cut]).collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_killed_again_while_it_recovers_ends_every_journey_as_wished() {
    try_all(|course| nested(course).into_iter().map(Vec::from).collect()).await;
}

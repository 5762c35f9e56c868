//! What has to be there before a step can do its work, and the steps that provide it.

use crate::project::Project;
use crate::say::Step;
use crate::{npm, system, tools};

/// What a step cannot do without.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A compiler that knows wasm.
    Wasm,
    /// The tools of `xtask/tools`.
    Tools,
    /// npm, and what it installs.
    Npm,
    /// A browser and its driver.
    Browser,
    /// PostgreSQL's programs.
    Postgres,
}

/// What building the pane needs.
pub const PANE: [Need; 3] = [Need::Wasm, Need::Tools, Need::Npm];

/// The steps that provide all of that. The first one looks at the machine, so that what cannot be installed
/// is told before anything is built.
pub fn provide(needs: impl IntoIterator<Item = Need>) -> Vec<Step<'static>> {
    let needs: Vec<Need> = needs.into_iter().collect();
    let mut steps = Vec::new();
    if needs.contains(&Need::Npm) {
        steps.push(Step::needed(
            "npm",
            "installing msal-browser and office.js into node_modules",
            npm::install,
        ));
    }
    if needs.contains(&Need::Tools) {
        steps.push(Step::needed("tools", "building wasm-bindgen and wasm-pack", tools::build));
    }
    if !needs.is_empty() {
        let look = move |project: &Project| needs.iter().try_for_each(|need| look_for(*need, project));
        steps.insert(0, Step::needed("machine", "looking for what this machine has to provide", look));
    }
    steps
}

fn look_for(need: Need, project: &Project) -> anyhow::Result<()> {
    match need {
        Need::Wasm => tools::provide_target(project),
        Need::Tools => tools::check_versions(project),
        Need::Npm => system::provide(&system::NPM).map(drop),
        Need::Browser => system::provide_browser().map(drop),
        Need::Postgres => system::provide_postgres().map(drop),
    }
}

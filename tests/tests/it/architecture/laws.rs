//! The laws, each with a program that finds breaches of it, and with breaches that it has to find.

use super::project::{Project, is_below};
use super::source::{Source, Token};

/// Something that never happens in this code.
pub struct Law {
    pub never: &'static str,
    /// Where it happens all the same.
    pub breaches: fn(&Project) -> Vec<String>,
    /// What would be breaches.
    pub samples: &'static [Sample],
}

/// A change to the project that breaks a law.
#[derive(Debug)]
pub enum Sample {
    /// A file of this name with this code.
    Code(&'static str, &'static str),
    /// In a file of the project, the first text becomes the second.
    Change(&'static str, &'static str, &'static str),
    /// A package that depends on another.
    Dependency(&'static str, &'static str),
    /// A page's script with this text.
    Script(&'static str),
}

use Sample::{Change, Code, Dependency, Script};

/// Where something is allowed, and why.
type Exception = (&'static str, &'static str);

pub const LAWS: &[Law] = &[
    Law {
        never: "1. `shared` uses IO, a clock, randomness, the environment or the order of a hash",
        breaches: |project| {
            let mut found = named(
                project,
                &["shared/src"],
                &[
                    "std::env",
                    "std::fs",
                    "std::io",
                    "std::net",
                    "std::os",
                    "std::path",
                    "std::process",
                    "std::thread",
                    "std::time",
                    "std::sync",
                    "std::collections::HashMap",
                    "std::collections::HashSet",
                    "std::collections::hash_map",
                    "std::collections::hash_set",
                    "std::hash",
                    "uuid::Uuid::new_v4",
                    "uuid::Uuid::now_v7",
                    "uuid::Uuid::now_v1",
                    "rand",
                    "getrandom",
                    "core::time",
                ],
                &[],
            );
            found.extend(foreign_dependencies(project, "shared", &["serde", "uuid", "utoipa", "base64"]));
            found
        },
        samples: &[
            Code("shared/src/rules/breach.rs", "use std::time::SystemTime;"),
            Code("shared/src/breach.rs", "use std::collections::{BTreeMap, HashMap};"),
            Code("shared/src/breach.rs", "fn f() -> uuid::Uuid { uuid::Uuid::new_v4() }"),
            Code("shared/src/breach.rs", "fn f() { std::env::var(\"HOME\"); }"),
            Dependency("shared", "reqwest"),
            Dependency("shared", "backend"),
        ],
    },
    Law {
        never: "2. `frontend` knows `backend` or `sandbox`; the sandbox knows `shared` or `backend`; a product knows its tests",
        breaches: |project| {
            let mut found = Vec::new();
            for (package, unknown) in [
                ("frontend", ["backend", "sandbox", "tests", "xtask"].as_slice()),
                ("sandbox", &["shared", "backend", "frontend", "tests", "xtask"]),
                ("backend", &["frontend", "tests", "xtask"]),
            ] {
                let known = project.package(package).dependencies.iter();
                let known = known.filter(|one| unknown.contains(&one.name.as_str()));
                found.extend(known.map(|one| format!("{package} depends on {}", one.name)));
            }
            found
        },
        samples: &[
            Dependency("frontend", "backend"),
            Dependency("sandbox", "shared"),
            Dependency("backend", "tests"),
        ],
    },
    Law {
        never: "3. a handler writes to Exchange or the CRM, or decides a rule",
        breaches: |project| {
            let mut found = named(
                project,
                &["backend/src/http"],
                &[
                    "backend::exchange",
                    "backend::crm",
                    "backend::line",
                    "backend::net",
                    "backend::app",
                    "backend::outcome",
                    "backend::store::sqlite",
                    "backend::store::postgres",
                    "shared::plan",
                    "sqlx",
                    "reqwest",
                ],
                &[],
            );
            found.extend(rules_but(
                project,
                &["backend/src/http"],
                &["shared::rules::Language", "shared::rules::words"],
            ));
            // Handlers ask the engine by its faces; of the store they may know whether it is there.
            let faces = &["items", "administration"];
            for source in project.below(&["backend/src/http"]) {
                let methods = store_methods(project);
                let called = methods
                    .iter()
                    .filter(|(name, _)| name != "ping" && source.calls_method_but_on(faces, name));
                found.extend(called.map(|(name, _)| format!("{} calls the store's {name}", source.path)));
            }
            found
        },
        samples: &[
            Code("backend/src/http/handlers/breach.rs", "use crate::{exchange::graph::GraphExchange};"),
            Code("backend/src/http/breach.rs", "fn f() { shared::plan::plan(&s); }"),
            Code("backend/src/http/handlers/breach.rs", "use shared::rules::{Language, tracking};"),
            Code("backend/src/http/handlers/breach.rs", "fn f(s: &Service) { s.store.accept_wish(&w); }"),
            Code(
                "backend/src/http/breach.rs",
                "fn f(s: &Service) { s.items.folders(t); s.store.folders(t); }",
            ),
            Code("backend/src/http/breach.rs", "fn f(s: &Service) { s.items.store().retry(t); }"),
        ],
    },
    Law {
        never: "5. `sync` names a concrete connector, store, transport or clock",
        breaches: |project| {
            named(
                project,
                &["backend/src/sync"],
                &[
                    "backend::exchange::graph",
                    "backend::crm::dataverse",
                    "backend::store::sqlite",
                    "backend::store::postgres",
                    "backend::net",
                    "backend::line",
                    "backend::entra",
                    "backend::http",
                    "backend::app",
                    "backend::config",
                    "backend::clock::SystemClock",
                    "reqwest",
                    "sqlx",
                    "axum",
                    "sandbox",
                ],
                &[],
            )
        },
        samples: &[
            Code("backend/src/sync/breach.rs", "use crate::exchange::{Exchange, graph::GraphExchange};"),
            Code("backend/src/sync/breach.rs", "use super::super::store::sqlite as db;"),
            Code("backend/src/sync/breach.rs", "fn f() { crate::crm::dataverse::x() }"),
        ],
    },
    Law {
        never: "6. `exchange` and `crm` know each other; connectors decide or remember; a store calls somebody",
        breaches: |project| {
            let mut found = named(project, &["backend/src/exchange"], &["backend::crm"], &[]);
            found.extend(named(project, &["backend/src/crm"], &["backend::exchange"], &[]));
            let connectors = &["backend/src/exchange", "backend/src/crm", "backend/src/line"];
            found.extend(named(
                project,
                connectors,
                &[
                    "backend::store",
                    "backend::sync",
                    "backend::http",
                    "backend::app",
                    "backend::config",
                    "shared::plan::plan",
                    "shared::plan::check",
                    "shared::plan::Situation",
                    "shared::plan::Plan",
                    "shared::plan::Link",
                    "shared::wish",
                    "sqlx",
                    "reqwest",
                ],
                &[],
            ));
            // Words of a question or an answer, and a limit of the platform; no decisions.
            found.extend(rules_but(
                project,
                connectors,
                &[
                    "shared::rules::deleting::DeletePermit",
                    "shared::rules::mailboxes::RemovalPermit",
                    "shared::rules::regarding::TargetSeen",
                    "shared::rules::people::MAX_SENDER_MATCHES",
                ],
            ));
            found.extend(named(
                project,
                &["backend/src/store"],
                &[
                    "backend::crm",
                    "backend::exchange::Exchange",
                    "backend::exchange::graph",
                    "backend::net",
                    "backend::line",
                    "backend::entra",
                    "backend::sync",
                    "backend::http",
                    "reqwest",
                ],
                &[],
            ));
            found
        },
        samples: &[
            Code("backend/src/exchange/breach.rs", "use crate::crm::Crm;"),
            Code("backend/src/crm/dataverse/breach.rs", "use crate::exchange::MessageSeen;"),
            Code("backend/src/crm/breach.rs", "use crate::store::{Store};"),
            Code("backend/src/exchange/graph/breach.rs", "use shared::rules::tracking;"),
            Code("backend/src/store/breach.rs", "use crate::net::Door;"),
        ],
    },
    Law {
        never: "7. a transaction is open across a network call: the store's trait has whole transactions only",
        breaches: |project| {
            let store = project.source("backend/src/store.rs");
            let opens = ["begin", "commit", "rollback", "transaction", "lock", "unlock", "savepoint"];
            let mut found: Vec<String> = store_methods(project)
                .into_iter()
                .filter(|(name, _)| opens.contains(&name.as_str()))
                .map(|(name, _)| format!("Store::{name} opens or ends a transaction"))
                .collect();
            found.extend(store.naming("sqlx").map(|name| format!("Store speaks of {name}")));
            found.extend(named(
                project,
                &["backend/src"],
                &["sqlx"],
                &[
                    ("backend/src/store/sqlite.rs", "it is the database"),
                    ("backend/src/store/postgres.rs", "so is it"),
                    ("backend/src/store/sql.rs", "the tables' history is the driver's"),
                    ("backend/src/store/sql/", "it speaks to both"),
                ],
            ));
            found
        },
        samples: &[
            Change(
                "backend/src/store.rs",
                "async fn ping(",
                "async fn begin(&self) -> StoreResult<()>;\n    async fn ping(",
            ),
            Code("backend/src/sync/breach.rs", "use sqlx::Transaction;"),
        ],
    },
    Law {
        never: "8. something is deleted without a permit, or a permit is made outside the rules",
        breaches: |project| {
            let mut found = sealed(
                project,
                "shared/src/rules/deleting.rs",
                "DeletePermit",
                &["shared/src", "backend/src"],
            );
            found.extend(sealed(
                project,
                "shared/src/rules/mailboxes.rs",
                "RemovalPermit",
                &["shared/src", "backend/src"],
            ));
            let permits = ["DeletePermit", "RemovalPermit"];
            let takes_permit = |(name, parameters): &(String, Vec<String>)| {
                !name.contains("delete") || parameters.iter().any(|word| permits.contains(&word.as_str()))
            };
            for (file, name) in [("backend/src/crm.rs", "Crm"), ("backend/src/exchange.rs", "Exchange")] {
                let functions = project.source(file).functions_of_trait(name);
                assert!(!functions.is_empty(), "{name} is not in {file} any more");
                let bare = functions.into_iter().filter(|function| !takes_permit(function));
                found.extend(bare.map(|(function, _)| format!("{name}::{function} takes no permit")));
            }
            found
        },
        samples: &[
            Code("backend/src/sync/breach.rs", "fn f() { DeletePermit { email, reason } }"),
            Change(
                "shared/src/rules/deleting.rs",
                "    email: CrmEmailId,\n    reason: Reason,",
                "    pub email: CrmEmailId,\n    reason: Reason,",
            ),
            Change(
                "shared/src/rules/deleting.rs",
                "#[derive(Debug, Clone, PartialEq, Eq)]\npub struct DeletePermit",
                "#[derive(Debug, Clone, Deserialize)]\npub struct DeletePermit",
            ),
            Change("backend/src/crm.rs", "permit: &DeletePermit)", "email: CrmEmailId)"),
            Code("backend/src/sync/breach.rs", "fn f() { RemovalPermit { category } }"),
        ],
    },
    Law {
        never: "10. an effect is sent that was not written down: only `sync/perform` sends effects, with the ledger's permission",
        breaches: |project| {
            let effects = [
                "promote_email",
                "set_regarding",
                "delete_email",
                "create_master_category",
                "set_categories",
                "begin_effects",
                "end_effects",
            ];
            let connectors = ["backend/src/exchange", "backend/src/crm"];
            let mut found = Vec::new();
            for source in project.below(&["backend/src"]) {
                if source.path == "backend/src/sync/perform.rs"
                    || connectors.iter().any(|place| is_below(&source.path, place))
                {
                    continue;
                }
                // A cycle keeps the category in the list: its name is unique there, so sending twice doubles nothing.
                let is_upkeep = |effect: &&&str| {
                    source.path == "backend/src/sync/cycle.rs" && **effect == "create_master_category"
                };
                let called = effects.iter().filter(|effect| source.calls_method(effect));
                found.extend(
                    called
                        .filter(|effect| !is_upkeep(effect))
                        .map(|effect| format!("{} sends {effect}", source.path)),
                );
            }
            for name in ["Permission", "Probe"] {
                found.extend(sealed(project, "backend/src/sync/ledger.rs", name, &["backend/src"]));
            }
            let sender = project.source("backend/src/sync/perform.rs");
            let written = sender.text.find(".begin_effects(").unwrap_or(usize::MAX);
            let sent = sender.text.find("send(engine").unwrap_or(0);
            found.extend((written > sent).then(|| "sync/perform sends before it writes down".to_owned()));
            found
        },
        samples: &[
            Code(
                "backend/src/sync/breach.rs",
                "async fn f() { organization.crm.promote_email(access, &email, body).await; }",
            ),
            Code(
                "backend/src/http/handlers/breach.rs",
                "async fn f() { exchange.set_categories(a, b, c).await; }",
            ),
            Change("backend/src/sync/ledger.rs", "pub struct Probe(());", "pub struct Probe(pub ());"),
            Change("backend/src/sync/perform.rs", "store.begin_effects(", "store.forget_effects("),
        ],
    },
    Law {
        never: "11. a late worker writes: what is written for a mailbox takes its lease",
        breaches: |project| {
            let reading = [
                "wish_state",
                "knowledge",
                "due_mailboxes",
                "due_wishes",
                "recent_records",
                "chosen_records",
                "mailboxes",
                "enabled_mailboxes",
                "mailbox",
                "mailbox_at",
                "mailboxes_at",
                "subscription",
                "folders",
                "item_facts",
                "expected_copies",
                "stopped_conversations",
                "lease_holders",
                "failing",
                "counts",
                "history",
            ];
            // What people and administrators ask for, which is written before anybody works on it.
            let asking = [
                "accept_wish",
                "enroll",
                "amend_mailbox",
                "map_folder",
                "stop_conversation",
                "choose_record",
                "retry",
            ];
            // The lease itself, the nodes' own matters, what is long over, and whether there is a store.
            let of_nobody = [
                "take_lease",
                "take_over",
                "node_names",
                "heartbeat",
                "farewell",
                "listen",
                "ring_others",
                "prune",
                "ping",
            ];
            let without = [reading.as_slice(), &asking, &of_nobody].concat();
            let methods = store_methods(project);
            let stale = without.iter().filter(|name| methods.iter().all(|(method, _)| method != *name));
            let mut found: Vec<String> =
                stale.map(|name| format!("Store::{name} is excepted and not there")).collect();
            let bare = methods.iter().filter(|(name, parameters)| {
                !without.contains(&name.as_str()) && parameters.iter().all(|word| word != "Lease")
            });
            found.extend(bare.map(|(name, _)| format!("Store::{name} takes no lease")));
            found
        },
        samples: &[
            Change(
                "backend/src/store.rs",
                "async fn end_effects(&self, lease: &Lease, ",
                "async fn end_effects(&self, ",
            ),
            Change(
                "backend/src/store.rs",
                "async fn ping(",
                "async fn forget_everything(&self) -> StoreResult<()>;\n    async fn ping(",
            ),
        ],
    },
    Law {
        never: "12. one tenant's data is reachable with another's caller",
        breaches: |project| {
            let mut found = sealed(project, "backend/src/entra/verify.rs", "Caller", &["backend/src"]);
            found.extend(sealed(project, "backend/src/entra/verify.rs", "Administrator", &["backend/src"]));
            // These speak of every mailbox, or of none; a notification says but which subscription it is of.
            let of_all = [
                "due_mailboxes",
                "enabled_mailboxes",
                "subscription",
                "take_over",
                "node_names",
                "heartbeat",
                "farewell",
                "listen",
                "ring_others",
                "prune",
                "ping",
            ];
            let of_one = ["TenantId", "Lease", "NewWish", "NewMailbox"];
            let bare = store_methods(project).into_iter().filter(|(name, parameters)| {
                !of_all.contains(&name.as_str())
                    && !parameters.iter().any(|word| of_one.contains(&word.as_str()))
            });
            found.extend(bare.map(|(name, _)| format!("Store::{name} names no tenant")));
            let makers = ["backend/src/entra/verify.rs", "backend/src/sync/sessions.rs"];
            let others =
                project.below(&["backend/src"]).filter(|source| !makers.contains(&source.path.as_str()));
            found.extend(
                others
                    .filter(|source| source.builds("Access"))
                    .map(|source| format!("{} makes an Access", source.path)),
            );
            found
        },
        samples: &[
            Change(
                "backend/src/store.rs",
                "async fn wish_state(&self, tenant: TenantId, ",
                "async fn wish_state(&self, ",
            ),
            Change("backend/src/entra/verify.rs", "    user: UserId,\n", "    pub user: UserId,\n"),
            Code("backend/src/http/breach.rs", "fn f() -> Caller { Caller { tenant, user } }"),
            Change("backend/src/entra/verify.rs", "    object_id: Uuid,\n", "    pub object_id: Uuid,\n"),
            Code(
                "backend/src/http/handlers/breach.rs",
                "fn f() -> Access { let a = Access { tenant, user, by }; a }",
            ),
        ],
    },
    Law {
        never: "13. anybody but `app` may start the sandbox",
        breaches: |project| {
            named(
                project,
                &["shared/src", "frontend/src", "backend/src"],
                &["sandbox"],
                &[
                    ("backend/src/app/embedded.rs", "it is the place"),
                    ("backend/src/main.rs", "it prints what a visitor needs to know of it"),
                ],
            )
        },
        samples: &[
            Code("backend/src/sync/breach.rs", "use sandbox::World;"),
            Code("backend/src/http/breach.rs", "fn f() { sandbox::server::serve() }"),
        ],
    },
    Law {
        never: "15. mail text, tokens or secrets in a log",
        breaches: |project| {
            let spoken = [
                "subject",
                "body",
                "html",
                "assertion",
                "token",
                "secret",
                "bearer",
                "authorization",
                "password",
                "term",
                "search",
                "query",
                "mailbox",
                "address_of",
                "sender",
                "recipients",
                "email",
                "upn",
                "preferred_username",
                "claims",
                "expose_secret",
                "key_pem",
                "headers",
                "uri",
                "url",
            ];
            let macros = [
                "trace",
                "debug",
                "info",
                "warn",
                "error",
                "event",
                "info_span",
                "debug_span",
                "span",
                "println",
                "eprintln",
                "panic",
            ];
            let mut found = Vec::new();
            for source in
                project.below(&["backend/src"]).filter(|source| source.path != "backend/src/main.rs")
            {
                for inside in source.insides_of_macros(&macros) {
                    found.extend(said(inside, &spoken).map(|word| format!("{} logs `{word}`", source.path)));
                }
                let prints =
                    source.insides_of_macros(&["println", "eprintln", "print", "eprint", "dbg"]).count();
                found.extend((prints > 0).then(|| format!("{} prints", source.path)));
            }
            found
        },
        samples: &[
            Code(
                "backend/src/sync/breach.rs",
                "fn f() { tracing::info!(wish = %id, %subject, \"tracked\"); }",
            ),
            Code("backend/src/entra/breach.rs", "fn f() { tracing::debug!(\"got {token}\"); }"),
            Code(
                "backend/src/line/breach.rs",
                "fn f() { tracing::warn!(what = ?request.headers, \"sent\"); }",
            ),
            Code("backend/src/crm/breach.rs", "fn f() { eprintln!(\"{x}\"); }"),
        ],
    },
    Law {
        never: "anybody but `clock` asks what time it is, or sleeps",
        breaches: |project| {
            named(
                project,
                &["backend/src"],
                &[
                    "std::time::SystemTime",
                    "std::time::Instant",
                    "tokio::time::sleep",
                    "tokio::time::sleep_until",
                    "tokio::time::interval",
                    "tokio::time::Instant",
                    "jiff::Timestamp::now",
                    "jiff::Zoned::now",
                    "std::thread::sleep",
                ],
                &[
                    ("backend/src/clock.rs", "it is the clock"),
                    (
                        "backend/src/app.rs",
                        "it looks whether the engine has let go of the store when the process ends",
                    ),
                    ("backend/src/app/embedded.rs", "the sandbox's certificate begins now"),
                ],
            )
        },
        samples: &[
            Code("backend/src/sync/breach.rs", "use std::time::{Duration, Instant};"),
            Code("backend/src/entra/breach.rs", "use tokio::time; async fn f() { time::sleep(d).await }"),
            Code("backend/src/store/breach.rs", "use jiff::Timestamp; fn f() { Timestamp::now(); }"),
        ],
    },
    Law {
        never: "anybody but `net` speaks HTTP to others",
        breaches: |project| {
            named(
                project,
                &["backend/src"],
                &[
                    "reqwest",
                    "hyper",
                    "hyper_util::client",
                    "tokio::net::TcpStream",
                    "std::net::TcpStream",
                    "std::net::UdpSocket",
                ],
                &[("backend/src/net/over_reqwest.rs", "it is the transport")],
            )
        },
        samples: &[
            Code("backend/src/crm/dataverse/breach.rs", "fn f() { reqwest::get(\"https://evil.example\"); }"),
            Code("backend/src/net/breach.rs", "use tokio::net::{TcpListener, TcpStream};"),
        ],
    },
    Law {
        never: "settings come from anywhere but the configuration",
        breaches: |project| {
            named(
                project,
                &["backend/src"],
                &["std::env"],
                &[("backend/src/main.rs", "it hands the environment to the configuration")],
            )
        },
        samples: &[Code("backend/src/http/breach.rs", "fn f() { std::env::var(\"X\"); }")],
    },
    Law {
        never: "text of others becomes markup, or is kept in the browser",
        breaches: |project| {
            let words = [
                "inner_html",
                "set_inner_html",
                "outer_html",
                "set_outer_html",
                "insert_adjacent_html",
                "create_contextual_fragment",
                "document_write",
                "local_storage",
                "session_storage",
                "eval",
            ];
            let mut found = Vec::new();
            for source in project.below(&["frontend/src"]) {
                let said = words.iter().filter(|word| source.tokens.iter().any(|token| token.is_word(word)));
                found.extend(said.map(|word| format!("{} says {word}", source.path)));
            }
            let words = [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "localStorage",
                "sessionStorage",
                "eval(",
                "new Function",
            ];
            for (path, text) in &project.scripts {
                let said = words.iter().filter(|word| text.contains(**word));
                found.extend(said.map(|word| format!("{path} says {word}")));
            }
            found
        },
        samples: &[
            Code("frontend/src/view/breach.rs", "fn f() { view! { <p inner_html=subject/> } }"),
            Code("frontend/src/breach.rs", "fn f() { window().local_storage(); }"),
            Script("element.innerHTML = subject;"),
            Script("localStorage.setItem('token', token);"),
        ],
    },
    Law {
        never: "there is a second table of routes, or a caller that was not admitted",
        breaches: |project| {
            let mut found = Vec::new();
            for source in project.below(&["backend/src"]) {
                let is_home = source.path == "backend/src/http.rs";
                for method in ["route", "route_service", "nest", "nest_service", "merge"] {
                    let calls = source.calls_method(method) && source.naming("axum::Router").next().is_some();
                    found.extend((calls && !is_home).then(|| format!("{} adds a route", source.path)));
                }
                let is_guard = source.path == "backend/src/http/guard.rs";
                let admits = source.text.contains("extensions.insert(caller)");
                found.extend((admits && !is_guard).then(|| format!("{} admits a caller", source.path)));
            }
            found
        },
        samples: &[Code(
            "backend/src/http/breach.rs",
            "use axum::Router; fn f(r: Router) { r.route(\"/x\", get(h)); }",
        )],
    },
];

/// Whether an exception is for this file, or for the folder that it is in.
fn is_at(excepted: &str, file: &str) -> bool {
    excepted == file || (excepted.ends_with('/') && file.starts_with(excepted))
}

/// Paths that code below `places` must not name, but for the exceptions, each of which must be needed.
fn named(project: &Project, places: &[&str], forbidden: &[&str], except: &[Exception]) -> Vec<String> {
    let mut found = Vec::new();
    let mut needed = vec![false; except.len()];
    for source in project.below(places) {
        for name in forbidden.iter().flat_map(|forbidden| source.naming(forbidden)) {
            match except.iter().position(|(path, _)| is_at(path, &source.path)) {
                Some(at) => needed[at] = true,
                None => found.push(format!("{} names {name}", source.path)),
            }
        }
    }
    let idle = except.iter().zip(needed).filter(|(_, needed)| !needed);
    found.extend(idle.map(|((path, why), _)| format!("{path} is excepted ({why}) without need")));
    found.sort();
    found.dedup();
    found
}

/// Rules that code names, but for some words of theirs.
fn rules_but(project: &Project, places: &[&str], allowed: &[&str]) -> Vec<String> {
    let found = project.below(places).flat_map(|source: &Source| {
        let names = source.naming("shared::rules").filter(|name| {
            !allowed.iter().any(|allowed| {
                name.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            })
        });
        names.map(|name| format!("{} names {name}", source.path)).collect::<Vec<_>>()
    });
    found.collect()
}

/// What a package needs beyond these, tests apart.
fn foreign_dependencies(project: &Project, package: &str, known: &[&str]) -> Vec<String> {
    let needed = project.package(package).dependencies.iter().filter(|one| !one.is_for_tests);
    let foreign = needed.filter(|one| !known.contains(&one.name.as_str()));
    foreign.map(|one| format!("{package} depends on {}", one.name)).collect()
}

/// A type that only its own file can make: private fields, nothing derived that makes values, built nowhere
/// else below `places`.
fn sealed(project: &Project, file: &str, name: &str, places: &[&str]) -> Vec<String> {
    let home = project.source(file);
    let mut found = Vec::new();
    match home.fields_of(name) {
        None => found.push(format!("{name} is not declared in {file} any more")),
        Some(fields) => found.extend(
            fields
                .iter()
                .any(|token| token.is_word("pub"))
                .then(|| format!("{name} in {file} has a public field")),
        ),
    }
    let made = home
        .derives_of(name)
        .into_iter()
        .filter(|derive| matches!(derive.as_str(), "Default" | "Deserialize" | "From"));
    found.extend(made.map(|derive| format!("{name} derives {derive}")));
    for source in project.below(places).filter(|source| source.path != file) {
        found.extend(source.builds(name).then(|| format!("{} builds a {name}", source.path)));
    }
    found
}

fn store_methods(project: &Project) -> Vec<(String, Vec<String>)> {
    let methods = project.source("backend/src/store.rs").functions_of_trait("Store");
    assert!(methods.len() > 10, "the trait Store is not in store.rs any more");
    methods
}

/// Which of the words a macro says, as a name or inside the braces of a text.
fn said<'a>(inside: &'a [Token], words: &'a [&str]) -> impl Iterator<Item = String> {
    inside.iter().enumerate().flat_map(|(at, token)| match token {
        // `name = value`: the name is ours to choose, the value is what is said.
        Token::Word(word) if inside.get(at + 1) != Some(&Token::Sign("=")) => {
            words.iter().filter(|one| *one == word).map(|one| (*one).to_owned()).collect::<Vec<_>>()
        }
        Token::Text(text) => {
            let captured = text.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next());
            captured.filter(|name| words.contains(name)).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    })
}
